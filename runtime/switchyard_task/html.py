"""The executed notebook as one HTML page that needs nothing else: code, outputs, errors, pictures, text."""
from __future__ import annotations

import datetime
import html
import json
import os
import platform
import re

from . import document, highlight, markdown, sanitize, secrets
from .result import clean, write_atomically

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\-_]")
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")

_STYLE = """
:root{color-scheme:light dark;--page:#f6f7f9;--paper:#fff;--ink:#1c2128;--soft:#656d76;--line:#dfe3e8;--code:#f8f9fb;--red:#b42318;--redbg:#fef3f2;
--k:#8250df;--s:#0a6847;--c:#6e7781;--n:#b35900;--b:#0550ae;--d:#953800;--link:#0550ae}
@media(prefers-color-scheme:dark){:root{--page:#0f1216;--paper:#171b21;--ink:#e6e9ee;--soft:#98a2ae;--line:#2b323b;--code:#12161b;--red:#ff8f85;--redbg:#2a1715;
--k:#c4a2ff;--s:#8fd6ae;--c:#8b949e;--n:#ffb070;--b:#8ab8ff;--d:#ffa98c;--link:#8ab8ff}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:15px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:62rem;margin:0 auto;padding:2rem 1.25rem 3rem}header h1{font-size:1.5rem;margin:0 0 .2rem}header p,footer{color:var(--soft);font-size:.85rem;margin:0}
header{margin-bottom:1.5rem}footer{margin-top:2rem;padding-top:.9rem;border-top:1px solid var(--line)}
.cell{margin:0 0 1.1rem;background:var(--paper);border:1px solid var(--line);border-radius:8px;overflow:hidden}.cell.failed{border-color:var(--red)}
.bar{display:flex;gap:.75rem;padding:.3rem .9rem;color:var(--soft);font-size:.78rem;border-bottom:1px solid var(--line)}.bar b{color:var(--ink);flex:1}.bar span:last-child{margin-left:auto}
pre{margin:0;font:13px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere;tab-size:4}
.code{padding:.75rem .9rem;background:var(--code)}.out{padding:.6rem .9rem;border-top:1px solid var(--line);overflow-x:auto}.err{color:var(--red);background:var(--redbg)}.stderr{color:var(--red)}
.text{padding:0 .25rem;margin:0 0 1.1rem}.text pre{background:var(--code);border:1px solid var(--line);border-radius:6px;padding:.6rem .8rem}
.text code{font:.9em ui-monospace,Menlo,Consolas,monospace}.text h1{font-size:1.4rem}.text h2{font-size:1.2rem}.text h3{font-size:1.05rem}
blockquote{margin:.5rem 0;padding-left:.9rem;border-left:3px solid var(--line);color:var(--soft)}hr{border:0;border-top:1px solid var(--line)}a{color:var(--link)}
table{border-collapse:collapse;font-size:.87rem;margin:.2rem 0}th,td{border-bottom:1px solid var(--line);padding:.25rem .7rem;text-align:left;vertical-align:top}th{font-weight:600;background:var(--code)}
td{font-variant-numeric:tabular-nums}img{max-width:100%}iframe{width:100%;border:0;background:#fff;height:26rem}
.k{color:var(--k)}.s{color:var(--s)}.c{color:var(--c);font-style:italic}.n{color:var(--n)}.b{color:var(--b)}.d{color:var(--d)}
@media print{body{background:#fff}.cell{break-inside:avoid}}
"""


def save(notebook, runner, folder):
    """Writes notebook.html."""
    write_atomically(os.path.join(folder, "notebook.html"), page(notebook, runner, document.to_dict(notebook, runner)).encode("utf-8"))


def page(notebook, runner, content):
    """The page of a notebook whose Jupyter file is `content`: by nbconvert after a Jupyter run where it is installed, else our own."""
    wish = (os.environ.get("SWITCHYARD_NOTEBOOK_HTML") or "auto").lower()
    made = None
    if wish == "nbconvert" or (wish == "auto" and runner == "jupyter"):
        made = _by_nbconvert(content, notebook.title, runner)
    return secrets.redact_page(clean(made or render(notebook, runner)))


def footer(runner):
    """Who ran the notebook and when, as plain text."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    how = "in a Jupyter kernel" if runner == "jupyter" else "by the plain runner"
    return f"Run {how}, Python {platform.python_version()}, {now}."


def render(notebook, runner):
    """The page."""
    body = "\n".join(_cell(cell) for cell in notebook.cells)
    # Frames hold what a notebook drew with its own scripts; without one the page allows no script at all.
    policy = "" if "<iframe" in body else (
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'; img-src data:">')
    ran = sum(1 for cell in notebook.cells if cell.execution_count is not None)
    failed = any(cell.state == "failed" for cell in notebook.cells)
    summary = f"{ran} cell{'' if ran == 1 else 's'} run" + (", the last one failed" if failed else "")
    title = html.escape(notebook.title)
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{policy}<meta name="viewport" content="width=device-width,initial-scale=1">'
            f"<title>{title}</title><style>{_STYLE}</style></head>\n<body><main><header><h1>{title}</h1><p>{summary}</p></header>\n"
            f"{body}\n<footer>{html.escape(footer(runner))}</footer></main></body></html>\n")


def _cell(cell):
    if cell.kind == "markdown":
        return f'<section class="text">{markdown.render(cell.code)}</section>'
    if cell.kind == "raw":
        return f'<section class="text"><pre>{html.escape(cell.source)}</pre></section>'
    code = highlight.python(cell.source) if cell.kind == "python" else html.escape(cell.source)
    title = f"<b>{html.escape(cell.title)}</b>" if cell.title else ""
    state = "skipped" if cell.state == "skipped" else "not run" if cell.execution_count is None else _duration(cell.seconds)
    number = f"<span>[{cell.execution_count}]</span>" if cell.execution_count is not None else ""
    outputs = "".join(_output(output) for output in cell.outputs)
    return (f'<section class="cell{" failed" if cell.state == "failed" else ""}"><div class="bar">{number}{title}<span>{state}</span></div>'
            f'<pre class="code">{code}</pre>{outputs}</section>')


def _output(output):
    kind = output["output_type"]
    if kind == "stream":
        style = " stderr" if output["name"] == "stderr" else ""
        return f'<div class="out{style}"><pre>{_text(output["text"])}</pre></div>'
    if kind == "error":
        return f'<div class="out err"><pre>{_text(chr(10).join(output["traceback"]) or output["ename"] + ": " + output["evalue"])}</pre></div>'
    inner = _value(output.get("data") or {})
    return f'<div class="out">{inner}</div>' if inner else ""


def _value(data):
    for media in _PICTURES:
        if media in data:
            content = re.sub(r"[^A-Za-z0-9+/=]", "", _joined(data[media]))
            return f'<img alt="" src="data:{media};base64,{content}">'
    if "image/svg+xml" in data:
        import base64
        # As a picture, in which no script of it can run.
        return f'<img alt="" src="data:image/svg+xml;base64,{base64.b64encode(_joined(data["image/svg+xml"]).encode("utf-8", "replace")).decode("ascii")}">'
    if data.get("text/html"):
        text = _joined(data["text/html"])
        if sanitize.is_rich(text):
            return f'<iframe sandbox="allow-scripts" title="output" srcdoc="{html.escape(text)}"></iframe>'
        return sanitize.clean(text)
    if "text/markdown" in data:
        return markdown.render(_joined(data["text/markdown"]))
    for media in ("text/plain", "text/latex"):
        if media in data:
            return f"<pre>{_text(data[media])}</pre>"
    return f"<pre>{html.escape(json.dumps(data, default=str)[:10000])}</pre>" if data else ""


def _text(value):
    return html.escape(_ANSI.sub("", _joined(value)))


def _joined(value):
    return "".join(value) if isinstance(value, list) else value if isinstance(value, str) else json.dumps(value, default=str)


def _duration(seconds):
    return "" if seconds is None else f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _by_nbconvert(content, title, runner):
    # The export must not be what fails a task, and nbconvert has many ways to be half installed.
    try:
        import nbformat
        from nbconvert import HTMLExporter
        exporter = HTMLExporter()
        exporter.embed_images = True
        for address in ("require_js_url", "mathjax_url", "jquery_url", "mermaid_js_url", "widget_renderer_url"):
            if address in exporter.traits():
                setattr(exporter, address, "")
        if "sanitize_html" in exporter.traits():
            exporter.sanitize_html = True
        node = nbformat.reads(json.dumps(content, default=str), as_version=4)
        page, _ = exporter.from_notebook_node(node, resources={"metadata": {"name": title}})
        note = f'<footer style="margin:2rem;color:#656d76;font:13px sans-serif">{html.escape(footer(runner))}</footer>'
        head, found, tail = page.rpartition("</body>")
        return head + note + found + tail if found else page + note
    except Exception:
        return None
