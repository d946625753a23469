"""SQL as text: where a statement ends, and where parameters stand in it."""
from __future__ import annotations

import re

_REFERENCE = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")
_NAMED = re.compile(r":([A-Za-z_]\w*)")
_TAG = re.compile(r"\$(?:[A-Za-z_]\w*)?\$")
# What may stand in a query as it is: a number, or a name with its schema.
_BARE = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


class SqlNotRead(Exception):
    """A text that is no SQL this server reads."""


def statements(text, parameters, dollars):
    """The statements of a text, with its parameters put in: {{name}} and :name. A value never ends the text it stands in.
    `dollars`: whether $$ ... $$ and E'...' are texts, as PostgreSQL has it."""
    found, current, at, code = [], [], 0, False
    while at < len(text):
        character = text[at]
        end = _quoted(text, at, dollars)
        if end is not None:
            comment = text.startswith(("--", "/*"), at)
            piece = text[at:end]
            # The text between dollars is code, and has no way to write its own end.
            plain = comment or character == "$"
            current.append(piece if plain else _within(piece, parameters, dollars and _is_escaped(text, at)))
            code = code or not comment
            at = end
        elif character == ";":
            if code:
                found.append("".join(current).strip())
            current, code, at = [], False, at + 1
        elif (match := _REFERENCE.match(text, at)) and match.group(1) in parameters:
            current.append(_bare(parameters[match.group(1)]))
            code, at = True, match.end()
        elif character == ":" and text.startswith("::", at):
            current.append("::")
            at += 2
        elif character == ":" and (match := _NAMED.match(text, at)) and match.group(1) in parameters:
            current.append(literal(parameters[match.group(1)]))
            code, at = True, match.end()
        elif character == "\\":
            raise SqlNotRead("A backslash stands outside of a text: commands of a database's own client are no SQL.")
        else:
            current.append(character)
            code = code or not character.isspace()
            at += 1
    if code:
        found.append("".join(current).strip())
    return found


def literal(value):
    """A value as a text of SQL."""
    return "'" + value.replace("'", "''") + "'"


def _bare(value):
    return value if _BARE.fullmatch(value) else literal(value)


def _within(piece, parameters, escaped):
    """A quoted piece with {{name}} replaced, so that no value ends it."""
    quote = piece[0]

    def put(match):
        value = parameters.get(match.group(1))
        if value is None:
            return match.group(0)
        return (value.replace("\\", "\\\\") if escaped else value).replace(quote, quote * 2)

    return _REFERENCE.sub(put, piece)


def _is_escaped(text, at):
    """Whether the quote here begins an E'...', in which backslashes count."""
    return text[at] == "'" and at > 0 and text[at - 1] in "eE" and not (at > 1 and (text[at - 2].isalnum() or text[at - 2] == "_"))


def _quoted(text, at, dollars):
    """Where the text, name or comment that begins here ends; None where none begins."""
    character = text[at]
    if text.startswith("--", at):
        end = text.find("\n", at)
        return len(text) if end < 0 else end
    if text.startswith("/*", at):
        return _comment(text, at, dollars)
    if character in "'\"`":
        return _closed(text, at, dollars and _is_escaped(text, at))
    if dollars and character == "$" and not (at > 0 and (text[at - 1].isalnum() or text[at - 1] == "_")) and (tag := _TAG.match(text, at)):
        end = text.find(tag.group(0), tag.end())
        if end < 0:
            raise SqlNotRead(f"A text that begins with {tag.group(0)} does not end.")
        return end + len(tag.group(0))
    return None


def _closed(text, at, backslash):
    quote, end = text[at], at + 1
    while end < len(text):
        if backslash and text[end] == "\\":
            end += 2
        elif text[end] != quote:
            end += 1
        elif text.startswith(quote, end + 1):
            end += 2
        else:
            return end + 1
    raise SqlNotRead(f"A text that begins with {text[at:at + 20]} does not end.")


def _comment(text, at, nested):
    depth, end = 1, at + 2
    while end < len(text):
        if text.startswith("*/", end):
            depth, end = depth - 1, end + 2
            if depth == 0:
                return end
        elif nested and text.startswith("/*", end):
            depth, end = depth + 1, end + 2
        else:
            end += 1
    raise SqlNotRead("A comment that begins with /* does not end.")
