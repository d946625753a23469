"""Showing values: what `display`, `displayHTML` and a cell's last expression put into the notebook."""
from __future__ import annotations

import base64
import html
import io
import pprint

# Set by the runner: takes (bundle, is_result). None outside a notebook, where values are printed.
sink = None

TABLE_ROWS = 1000


def display(*objects, **_):
    """Shows values richly: tables for lists of records, figures, anything with _repr_html_."""
    for value in objects:
        publish(bundle(value))


def display_html(text):
    """Shows HTML."""
    publish({"text/html": str(text)})


def publish(data, is_result=False):
    """Hands a bundle to the notebook; outside one, prints its text."""
    if sink is not None:
        sink(data, is_result)
    elif "text/plain" in data:
        print(data["text/plain"])


def bundle(value, as_table=True):
    """The forms of a value by media type; text/plain is always among them."""
    if as_table and is_table(value):
        return table(value)
    data = {}
    whole = _call(value, "_repr_mimebundle_", include=None, exclude=None)
    if isinstance(whole, tuple):
        whole = whole[0]
    if isinstance(whole, dict):
        data.update({k: v for k, v in whole.items() if isinstance(k, str)})
    for method, media in (("_repr_html_", "text/html"), ("_repr_markdown_", "text/markdown"), ("_repr_svg_", "image/svg+xml"),
                          ("_repr_png_", "image/png"), ("_repr_jpeg_", "image/jpeg"), ("_repr_latex_", "text/latex")):
        if media not in data:
            made = _call(value, method)
            if isinstance(made, tuple):
                made = made[0] if made else None
            if isinstance(made, (bytes, bytearray)):
                made = base64.b64encode(made).decode("ascii")
            if isinstance(made, str):
                data[media] = made
    if "image/png" not in data and type(value).__module__.startswith("matplotlib.") and hasattr(value, "savefig"):
        data["image/png"] = figure(value)
    if "text/plain" not in data:
        data["text/plain"] = pprint.pformat(value, width=100, compact=True) if isinstance(value, (list, dict, tuple, set)) else repr(value)
    return data


def figure(value):
    """A matplotlib figure as base64 PNG."""
    out = io.BytesIO()
    value.savefig(out, format="png", bbox_inches="tight", dpi=100)
    return base64.b64encode(out.getvalue()).decode("ascii")


def is_table(value):
    """True for a list of records: dictionaries or named tuples."""
    return isinstance(value, list) and bool(value) and all(
        (isinstance(row, dict) and row and all(isinstance(k, str) for k in row)) or hasattr(row, "_fields") for row in value)


def table(rows):
    """A list of records as an HTML table and as aligned text."""
    records = [row if isinstance(row, dict) else dict(zip(row._fields, row)) for row in rows[:TABLE_ROWS]]
    names = list(dict.fromkeys(name for record in records for name in record))
    body = [["" if record.get(name) is None else str(record[name]) for name in names] for record in records]
    note = f"first {TABLE_ROWS} of {len(rows)} rows" if len(rows) > TABLE_ROWS else f"{len(rows)} row{'' if len(rows) == 1 else 's'}"
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    lines = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in body)
    widths = [min(60, max(len(name), *(len(row[i]) for row in body))) for i, name in enumerate(names)]
    text = ["  ".join(cell.replace("\n", " ")[:60].ljust(width) for cell, width in zip(row, widths)).rstrip()
            for row in [names, ["-" * width for width in widths], *body]]
    return {
        "text/html": f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table><p>{note}</p>",
        "text/plain": "\n".join(text) + f"\n({note})",
    }


def _call(value, method, **arguments):
    # Classes have these methods too, but unbound; and a failing repr must not fail the cell.
    if isinstance(value, type):
        return None
    function = getattr(value, method, None)
    if not callable(function):
        return None
    try:
        return function(**arguments)
    except Exception:
        return None
