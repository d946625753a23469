"""The secrets this task was given, and their removal from what it leaves behind. The log is masked by the host."""
from __future__ import annotations

import base64
import html
import json
import os

SHOWN = "[REDACTED]"
VARIABLE = "SWITCHYARD_SECRETS"

_read = None


def given():
    """({"scope/key": bytes}, names of those that were too large to be given)."""
    global _read
    if _read is None:
        try:
            told = json.loads(os.environ.get(VARIABLE) or "{}")
        except ValueError:
            told = {}
        values = {name: base64.b64decode(value) for name, value in (told.get("values") or {}).items()}
        _read = values, list(told.get("left_out") or [])
    return _read


def redact(value):
    """A value of JSON with every secret in its texts replaced; itself when this task has none."""
    texts = _texts()
    return _replace(value, texts) if texts else value


def redact_page(page):
    """HTML with every secret in it replaced, also as HTML writes it."""
    for text in _texts():
        for form in {text, html.escape(text), html.escape(text, quote=False)}:
            page = page.replace(form, SHOWN)
    return page


def _texts():
    # Longer ones first: a secret that begins another must not leave its rest readable.
    found = set()
    for value in given()[0].values():
        try:
            found.add(value.decode("utf-8"))
        except UnicodeDecodeError:
            continue
    return sorted(found - {""}, key=len, reverse=True)


def _replace(value, texts):
    if isinstance(value, str):
        for text in texts:
            value = value.replace(text, SHOWN)
        return value
    if isinstance(value, dict):
        return {key: _replace(inner, texts) for key, inner in value.items()}  # names are the format's
    if isinstance(value, (list, tuple)):
        return [_replace(inner, texts) for inner in value]
    return value
