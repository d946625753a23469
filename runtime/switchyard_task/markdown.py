"""Markdown as HTML, the part of it that notebooks use. Everything is escaped first: HTML in it is shown, not obeyed."""
from __future__ import annotations

import html
import re

_BULLET = re.compile(r"^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$")
_RULE = re.compile(r"^\s{0,3}([-*_])(\s*\1){2,}\s*$")
_DIVIDER = re.compile(r"^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")
_SAFE_LINK = re.compile(r"^(https?://|mailto:|#|\.{0,2}/|[\w./-]+$)", re.IGNORECASE)


def render(text):
    """The HTML of a markdown text."""
    return _blocks(text.replace("\r\n", "\n").expandtabs(4).split("\n"), 0)


def _blocks(lines, depth):
    out, index = [], 0
    while index < len(lines):
        line = lines[index]
        if not line.strip():
            index += 1
            continue
        fence = re.match(r"^\s{0,3}(`{3,}|~{3,})", line)
        if fence:
            mark, end = fence.group(1), index + 1
            while end < len(lines) and not lines[end].strip().startswith(mark):
                end += 1
            out.append(f"<pre><code>{html.escape(chr(10).join(lines[index + 1:end]))}</code></pre>")
            index = end + 1
            continue
        heading = re.match(r"^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$", line)
        if heading:
            size = len(heading.group(1))
            out.append(f"<h{size}>{_inline(heading.group(2))}</h{size}>")
            index += 1
            continue
        if _RULE.match(line):
            out.append("<hr>")
            index += 1
            continue
        if line.lstrip().startswith(">") and depth < 20:
            end = index
            while end < len(lines) and lines[end].lstrip().startswith(">"):
                end += 1
            inner = [re.sub(r"^\s*> ?", "", quoted) for quoted in lines[index:end]]
            out.append(f"<blockquote>{_blocks(inner, depth + 1)}</blockquote>")
            index = end
            continue
        if "|" in line and index + 1 < len(lines) and "|" in lines[index + 1] and _DIVIDER.match(lines[index + 1]):
            end = index + 2
            while end < len(lines) and "|" in lines[end]:
                end += 1
            out.append(_table(lines[index], lines[index + 2:end]))
            index = end
            continue
        if _BULLET.match(line) and depth < 20:
            end = index
            while end < len(lines) and (lines[end].strip() == "" and end + 1 < len(lines) and (_BULLET.match(lines[end + 1]) or lines[end + 1].startswith("  "))
                                        or _BULLET.match(lines[end]) or lines[end].startswith("  ")):
                end += 1
            out.append(_list(lines[index:end], depth))
            index = end
            continue
        end = index + 1
        while end < len(lines) and lines[end].strip() and not re.match(r"^\s{0,3}(#{1,6}\s|>|`{3}|~{3})", lines[end]) and not _BULLET.match(lines[end]):
            end += 1
        out.append(f"<p>{_inline(chr(10).join(part.strip() for part in lines[index:end]))}</p>")
        index = end
    return "\n".join(out)


def _list(lines, depth):
    first = _BULLET.match(lines[0])
    indent, tag = len(first.group(1)), "ol" if first.group(2)[0].isdigit() else "ul"
    items = []
    for line in lines:
        bullet = _BULLET.match(line)
        if bullet and len(bullet.group(1)) <= indent:
            items.append([bullet.group(3)])
        else:
            cut = min(len(line) - len(line.lstrip()), indent + 2 if tag == "ul" else indent + 3)
            items[-1].append(line[cut:])
    parts = []
    for item in items:
        nested = next((i for i, line in enumerate(item) if i and (_BULLET.match(line) or not line.strip())), len(item))
        parts.append(f"<li>{_inline(chr(10).join(item[:nested]))}{_blocks(item[nested:], depth + 1)}</li>")
    return f"<{tag}>{''.join(parts)}</{tag}>"


def _table(head, rows):
    def cells(line):
        return [cell.strip() for cell in line.strip().strip("|").split("|")]
    top = "".join(f"<th>{_inline(cell)}</th>" for cell in cells(head))
    body = "".join("<tr>" + "".join(f"<td>{_inline(cell)}</td>" for cell in cells(row)) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _inline(text):
    # Code first, so that nothing inside it is read as markup.
    parts = re.split(r"(`+)(.+?)\1", text, flags=re.DOTALL)
    out = []
    for index in range(0, len(parts), 3):
        out.append(_marks(parts[index]))
        if index + 2 < len(parts):
            out.append(f"<code>{html.escape(parts[index + 2].strip())}</code>")
    return "".join(out)


def _marks(text):
    pieces, end = [], 0
    for link in re.finditer(r"(!?)\[([^\[\]]*)\]\(\s*<?([^\s)>]+)>?(?:\s+\"[^\"]*\")?\s*\)", text):
        pieces.append(_emphasis(text[end:link.start()]))
        shown, target = link.group(2), link.group(3)
        if link.group(1):
            # Pictures from elsewhere would make the page call out; only embedded ones are shown.
            if re.match(r"^data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+$", target):
                pieces.append(f'<img alt="{html.escape(shown)}" src="{html.escape(target)}">')
            else:
                pieces.append(_emphasis(shown or target))
        elif _SAFE_LINK.match(target) and not target.lower().startswith("javascript"):
            pieces.append(f'<a href="{html.escape(target)}" rel="noopener noreferrer">{_emphasis(shown)}</a>')
        else:
            pieces.append(_emphasis(shown))
        end = link.end()
    pieces.append(_emphasis(text[end:]))
    return "".join(pieces)


def _emphasis(text):
    text = html.escape(text)
    text = re.sub(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", r"<strong>\2</strong>", text, flags=re.DOTALL)
    text = re.sub(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?!\w)", r"<em>\1</em>", text)
    text = re.sub(r"(?<!\w)_(?=\S)([^_\n]+?)(?<=\S)_(?!\w)", r"<em>\1</em>", text)
    text = re.sub(r"~~(?=\S)(.+?)(?<=\S)~~", r"<del>\1</del>", text)
    return re.sub(r" {2,}\n", "<br>\n", text)
