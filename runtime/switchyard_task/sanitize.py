"""HTML that a notebook's code made, cut down to what tables and text need. What needs more goes into a sandboxed frame."""
from __future__ import annotations

import html
import re
from html.parser import HTMLParser

_TAGS = set("a abbr b blockquote br caption code col colgroup dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i img kbd li ol p pre s samp "
            "small span strong sub summary details sup table tbody td tfoot th thead tr u ul".split())
_VOID = {"br", "hr", "img", "col"}
_ATTRIBUTES = {"colspan", "rowspan", "title", "align", "alt", "width", "height", "open", "border"}
_RICH = re.compile(r"<\s*(script|svg|canvas|iframe|form|video|audio|object|embed|math|link|button|input|select|textarea|!doctype|html|body)\b", re.IGNORECASE)
_IMAGE = re.compile(r"^data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+$")
_LINK = re.compile(r"^(https?://|mailto:|#)", re.IGNORECASE)


def is_rich(text):
    """True when the HTML loses its point without scripts, drawings or forms."""
    return _RICH.search(text) is not None


def clean(text):
    """Well-formed HTML of harmless tags only."""
    cleaner = _Cleaner()
    cleaner.feed(text)
    cleaner.close()
    return cleaner.finish()


class _Cleaner(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self._out, self._open, self._silent = [], [], 0

    def handle_starttag(self, tag, attrs):
        if tag in ("style", "script", "title", "head"):
            self._silent += 1
            return
        if self._silent or tag not in _TAGS:
            return
        kept = []
        for name, value in attrs:
            value = value or ""
            if name in _ATTRIBUTES or (name == "href" and _LINK.match(value)) or (name == "src" and tag == "img" and _IMAGE.match(value)):
                kept.append(f' {name}="{html.escape(value)}"')
        if tag == "a":
            kept.append(' rel="noopener noreferrer"')
        self._out.append(f"<{tag}{''.join(kept)}>")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag in ("style", "script", "title", "head"):
            self._silent = max(0, self._silent - 1)
            return
        if self._silent or tag not in self._open:
            return
        while self._open:
            last = self._open.pop()
            self._out.append(f"</{last}>")
            if last == tag:
                return

    def handle_data(self, data):
        if not self._silent:
            self._out.append(html.escape(data))

    def finish(self):
        """Closes what is open, so that nothing leaks out of its place in the page."""
        self._out.extend(f"</{tag}>" for tag in reversed(self._open))
        return "".join(self._out)
