"""Python source as coloured HTML, by the standard tokenizer; anything it cannot read stays plain text."""
from __future__ import annotations

import builtins
import html
import io
import keyword
import tokenize

_KEYWORDS = set(keyword.kwlist)
_BUILTINS = {name for name in dir(builtins) if not name.startswith("_")}
_STRINGS = {tokenize.STRING} | {getattr(tokenize, name) for name in ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END") if hasattr(tokenize, name)}


def python(code):
    """Escaped HTML with spans k (keyword), s (string), c (comment), n (number), b (builtin), d (name defined)."""
    try:
        return _colour(code)
    except (tokenize.TokenError, SyntaxError, IndexError, ValueError):
        return html.escape(code)


def _colour(code):
    lines = code.split("\n")
    out, row, column, previous = [], 1, 0, ""

    def plain(to_row, to_column):
        nonlocal row, column
        while row < to_row:
            out.append(html.escape(lines[row - 1][column:]) + "\n")
            row, column = row + 1, 0
        if column < to_column:
            out.append(html.escape(lines[row - 1][column:to_column]))
            column = to_column

    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        style = None
        if token.type in _STRINGS:
            style = "s"
        elif token.type == tokenize.COMMENT:
            style = "c"
        elif token.type == tokenize.NUMBER:
            style = "n"
        elif token.type == tokenize.NAME:
            if token.string in _KEYWORDS:
                style = "k"
            elif previous in ("def", "class"):
                style = "d"
            elif token.string in _BUILTINS and previous != ".":
                style = "b"
        if style and token.start >= (row, column):
            plain(*token.start)
            mark = len(out)
            plain(*token.end)
            out[mark:] = [f'<span class="{style}">{"".join(out[mark:])}</span>']
        if token.string.strip():
            previous = token.string
    plain(len(lines), len(lines[-1]))
    return "".join(out)
