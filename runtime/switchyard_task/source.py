"""Notebook files: Databricks SOURCE format, Jupyter format 4, and plain Python."""
from __future__ import annotations

import json
import os
import re

UNAVAILABLE = {"sql": "SQL", "scala": "Scala", "r": "R"}

_HEADER = re.compile(r"^(#|--|//) Databricks notebook source\s*$")
_TITLE = re.compile(r"^DBTITLE \d+,(.*)$")
# `%sh` in Databricks and `%%sh` in Jupyter both make the whole cell that language.
_CELL_MAGIC = re.compile(r"^%{1,2}(md-sandbox|md|markdown|sh|bash|python|sql|scala|r|fs|html)(?=\s|$)[ \t]*", re.IGNORECASE)
_KINDS = {"md": "markdown", "md-sandbox": "markdown", "markdown": "markdown", "sh": "shell", "bash": "shell"}
_LANGUAGES = {".sql": "sql", ".scala": "scala", ".r": "r"}


class NotebookFormatError(Exception):
    """A file that is no notebook this runner reads."""


class Cell:
    """One cell. `kind` is python, markdown, shell, fs, html, raw, or a language that is not available here;
    `source` is what the author sees; `code` is what runs, with a language magic taken off."""

    def __init__(self, kind, source, code, title=None, tags=(), attachments=None):
        self.kind = kind
        self.source = source
        self.code = code
        self.title = title
        self.tags = tuple(tags)
        self.attachments = attachments
        self.outputs = []
        self.execution_count = None
        self.seconds = None
        self.state = "waiting"  # waiting, done, failed, skipped

    @property
    def runs(self):
        return self.kind not in ("markdown", "raw") and "skip" not in self.tags and bool(self.code.strip())


class Notebook:
    """A parsed notebook: its title (the last part of its path), cells and metadata."""

    def __init__(self, title, cells, metadata=None):
        self.title = title
        self.cells = cells
        self.metadata = metadata or {}


def read_notebook(file, title=None):
    """Parses a notebook file by what it contains, whatever its ending is."""
    notebook = _read(file, title)
    for number, cell in enumerate(notebook.cells, 1):
        # A kernel never answers to such a cell: the run would wait for ever.
        if "\0" in cell.source:
            raise NotebookFormatError(f"Cell {number} of {file} has a NUL character, which no code can hold. Remove it.")
        try:
            cell.source.encode("utf-8")
        except UnicodeEncodeError:
            raise NotebookFormatError(f"Cell {number} of {file} has a text that is not valid Unicode (a lone surrogate). Remove it.") from None
    return notebook


def _read(file, title):
    with open(file, "rb") as source:
        data = source.read()
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise NotebookFormatError(f"{file} is not UTF-8 text: {error}") from None
    ending = os.path.splitext(file)[1].lower()
    title = title or os.path.splitext(os.path.basename(file))[0]
    if ending == ".ipynb" or (not ending and text.lstrip().startswith("{") and '"nbformat"' in text):
        return _parse_jupyter(text, title, file)
    lines = text.split("\n")
    header = _HEADER.match(lines[0]) if lines else None
    if header is None:
        return Notebook(title, [_cell(text.strip("\n"), _LANGUAGES.get(ending, "python"))] if text.strip() else [])
    mark = header.group(1)
    language = _LANGUAGES.get(ending) or {"#": "python", "--": "sql", "//": "scala"}[mark]
    return Notebook(title, _parse_source(lines[1:], mark, language))


def _parse_source(lines, mark, language):
    chunks = [[]]
    separator = f"{mark} COMMAND ----------"
    for line in lines:
        if line.rstrip() == separator:
            chunks.append([])
        else:
            chunks[-1].append(line)
    cells = []
    for chunk in chunks:
        title = None
        body = []
        for line in chunk:
            if line.startswith(mark + " "):
                rest = line[len(mark) + 1:]
                named = _TITLE.match(rest)
                if named and not any(part.strip() for part in body):
                    title = named.group(1).strip()
                    continue
                if rest == "MAGIC" or rest.startswith("MAGIC "):
                    line = rest[6:]
            body.append(line)
        source = "\n".join(body).strip("\n")
        if source.strip() or title:
            cells.append(_cell(source, language, title))
    return cells


def _parse_jupyter(text, title, file):
    try:
        document = json.loads(text)
    except ValueError as error:
        raise NotebookFormatError(f"{file} is not valid JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
        raise NotebookFormatError(f"{file} is not a Jupyter notebook of format 4 (it has no cells).")
    if document.get("nbformat", 4) != 4:
        raise NotebookFormatError(f"{file} has nbformat {document.get('nbformat')}; format 4 is read. Save it again with a current Jupyter.")
    metadata = document.get("metadata") or {}
    language = ((metadata.get("language_info") or {}).get("name") or (metadata.get("kernelspec") or {}).get("language") or "python").lower()
    cells = []
    for entry in document["cells"]:
        source = entry.get("source") or ""
        source = "".join(source) if isinstance(source, list) else str(source)
        about = entry.get("metadata") or {}
        kind = entry.get("cell_type") or "code"
        if kind == "code":
            cell = _cell(source, "python" if language in ("python", "ipython", "python3") else language)
        else:
            cell = Cell("markdown" if kind == "markdown" else "raw", source, source)
        cell.tags = tuple(str(tag) for tag in about.get("tags") or ())
        cell.title = about.get("title") or (about.get("application/vnd.databricks.v1+cell") or {}).get("title") or None
        cell.attachments = entry.get("attachments")
        cells.append(cell)
    return Notebook(title, cells, metadata)


def _cell(source, language, title=None):
    stripped = source.lstrip()
    magic = _CELL_MAGIC.match(stripped)
    if magic is None:
        if re.match(r"^%(run|pip|conda)\b", stripped):
            language = "python"
        return Cell(language, source, source, title)
    word = magic.group(1).lower()
    rest = stripped[magic.end():]
    return Cell(_KINDS.get(word, word), source, rest.lstrip("\n") if word != "sh" and word != "bash" else rest, title)
