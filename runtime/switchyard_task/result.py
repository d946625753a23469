"""The task's result: result.json, whole at every instant because it is always replaced, never rewritten."""
from __future__ import annotations

import json
import os
import tempfile
import threading

from . import secrets

try:
    import fcntl
except ImportError:  # not a Unix: one writer is then assumed
    fcntl = None

EXIT_VALUE_LIMIT = 5 * 1024 * 1024
# What the file may take of it: the host passes on 16 MiB in all, and a control character is six bytes of JSON.
EXIT_JSON_LIMIT = 10 * 1024 * 1024
VALUES_LIMIT = 4 * 1024 * 1024
ERROR_LIMIT = 16 * 1024
TRACE_LIMIT = 512 * 1024

_lock = threading.Lock()


def update(attempt_dir, change):
    """Applies `change(dict)` to result.json. Kernel, runner and forked children may all write, so each
    write reads first, under a lock that all of them share."""
    if not attempt_dir:
        return
    with _lock:
        guard = open(os.path.join(attempt_dir, ".result.lock"), "w") if fcntl else None
        try:
            if guard:
                fcntl.flock(guard, fcntl.LOCK_EX)
            result = read(attempt_dir)
            change(result)
            write_atomically(os.path.join(attempt_dir, "result.json"), to_json(secrets.redact(result)))
        finally:
            if guard:
                guard.close()


def read(attempt_dir):
    """The result so far; an empty one when nothing was written."""
    try:
        with open(os.path.join(attempt_dir, "result.json"), encoding="utf-8") as source:
            return json.load(source)
    except (FileNotFoundError, ValueError):
        return {"exit_value_truncated": False, "values": {}}


def begin(attempt_dir, runner):
    """The first write: who runs the task. Keeps what an earlier process of the same attempt has set."""
    update(attempt_dir, lambda r: r.update(runner=runner))


def set_value(attempt_dir, key, value):
    """Keeps a task value at once, so that a crash later does not lose it."""
    value = json.loads(to_json(value))

    def change(result):
        values = result.setdefault("values", {})
        values[clean(key)] = value
        if (size := len(to_json(values))) > VALUES_LIMIT:
            raise ValueError(f"The task values of this task are {size} bytes of JSON together; the limit is {VALUES_LIMIT} bytes (4 MiB).")

    update(attempt_dir, change)


def set_exit(attempt_dir, value):
    """Keeps the notebook's exit value, cut at 5 MB of UTF-8."""
    data = clean(value).encode("utf-8")
    cut = len(data) > EXIT_VALUE_LIMIT
    text = data[:EXIT_VALUE_LIMIT].decode("utf-8", "ignore")
    while (size := len(to_json(text))) > EXIT_JSON_LIMIT:
        cut, text = True, text[:len(text) * EXIT_JSON_LIMIT // size]
    update(attempt_dir, lambda r: r.update(exit_value=text, exit_value_truncated=cut))


def set_error(attempt_dir, error, trace):
    """Keeps the failure: the last line of the traceback, and all of it."""
    update(attempt_dir, lambda r: r.update(error=shorten(clean(error), ERROR_LIMIT), error_trace=shorten(clean(trace), TRACE_LIMIT)))


def to_json(value):
    """JSON bytes that every reader takes."""
    return clean(json.dumps(value, ensure_ascii=False)).encode("utf-8")


def clean(text):
    """Text that every JSON reader takes: lone surrogates replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def shorten(text, limit):
    """The beginning and the end of a text that is too long, with a note between."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"


def write_atomically(path, data):
    """Writes bytes so that a reader sees the old file or the new one, never a part."""
    handle, temp = tempfile.mkstemp(prefix=".tmp-", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        os.chmod(temp, 0o644)
        os.replace(temp, path)
    except BaseException:
        try:
            os.unlink(temp)
        except OSError:
            pass
        raise
