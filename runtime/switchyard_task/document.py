"""The executed notebook as a Jupyter file: saved after each cell, so that a killed run keeps what it did."""
from __future__ import annotations

import json
import os
import platform

from . import secrets
from .result import write_atomically

# The log has everything; the notebook file, which is written after each cell, keeps what a person would read.
STREAM_LIMIT = 1024 * 1024
OUTPUTS_LIMIT = 2000


def add_stream(outputs, name, text):
    """Appends output text, joined to the same stream before it, up to a limit."""
    if not (outputs and outputs[-1]["output_type"] == "stream" and outputs[-1]["name"] == name):
        if len(outputs) >= OUTPUTS_LIMIT:
            return
        outputs.append({"output_type": "stream", "name": name, "text": ""})
    last = outputs[-1]
    room = STREAM_LIMIT - len(last["text"])
    if room <= 0:
        return
    last["text"] += text if len(text) <= room else text[:room] + "\n... more output is in the task's log ...\n"


def add_output(outputs, output):
    """Appends a value or an error, up to a limit; an error always fits."""
    if len(outputs) < OUTPUTS_LIMIT or output["output_type"] == "error":
        outputs.append(output)


def to_dict(notebook, runner):
    """The notebook as nbformat 4.5."""
    cells = []
    for number, cell in enumerate(notebook.cells):
        metadata = {}
        if cell.tags:
            metadata["tags"] = list(cell.tags)
        if cell.title:
            metadata["title"] = cell.title
        entry = {"id": f"cell-{number + 1}", "metadata": metadata}
        if cell.kind == "markdown":
            entry.update(cell_type="markdown", source=cell.code)
        elif cell.kind == "raw":
            entry.update(cell_type="raw", source=cell.source)
        else:
            entry.update(cell_type="code", source=cell.source, execution_count=cell.execution_count, outputs=cell.outputs)
        if cell.attachments and cell.kind in ("markdown", "raw"):
            entry["attachments"] = cell.attachments
        cells.append(entry)
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python", "version": platform.python_version(), "file_extension": ".py", "mimetype": "text/x-python"},
            "title": notebook.title,
            "switchyard": {"runner": runner},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def save(notebook, runner, folder):
    """Writes notebook.ipynb."""
    text = json.dumps(secrets.redact(to_dict(notebook, runner)), indent=1, default=str)
    write_atomically(os.path.join(folder, "notebook.ipynb"), text.encode("ascii"))


def load_outputs(notebook, folder):
    """Takes over the outputs of an earlier process of this attempt, after a restart of Python."""
    with open(os.path.join(folder, "notebook.ipynb"), encoding="utf-8") as source:
        for cell, old in zip(notebook.cells, json.load(source)["cells"]):
            cell.outputs = old.get("outputs", [])
            cell.execution_count = old.get("execution_count")
            if cell.execution_count is not None:
                cell.state = "done"
