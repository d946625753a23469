"""Magics that mean the same in both runners: %sh, %pip, %run, %fs, %html, %md, %sql."""
from __future__ import annotations

import importlib
import importlib.util
import os
import shlex
import site
import subprocess
import sys
import tempfile
import time

from . import display, paths, venvs
from .cells import Cells
from .process import relay, stop
from .source import UNAVAILABLE, read_notebook
from .task import resolve_notebook

INCLUDE_DEPTH = 50


class LanguageNotAvailable(Exception):
    """A cell in a language that this server does not run."""


class MagicFailed(Exception):
    """A magic that could not do what it was asked."""


class Magics:
    """The magics of one notebook and namespace. `base` is the workspace path relative paths start from."""

    def __init__(self, task, namespace, dbutils):
        self._task = task
        self._namespace = namespace
        self._dbutils = dbutils
        self._base = [task.path or "/"]

    def __call__(self, mark, line, body=None):
        """A magic met inside a Python cell."""
        if mark == "!":
            return self.shell(line)
        name, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        if name in ("matplotlib", "load_ext", "reload_ext", "autoreload", "config"):
            return None
        if name == "time":
            return self._time(rest if body is None else body)
        known = {"sql": self.sql, "sh": self.shell, "bash": self.shell, "pip": self.pip, "run": self.run, "fs": self.fs, "html": self.html,
                 "md": self.markdown, "markdown": self.markdown, "cd": lambda text: os.chdir(os.path.expanduser(text or "~"))}
        if name in known:
            return known[name](rest if body is None else (f"{rest}\n{body}" if rest else body))
        if name in UNAVAILABLE:
            refuse_language(name)
        raise MagicFailed(f"%{name} is not available in the plain notebook runner. With the packages nbclient and ipykernel in the "
                          "interpreter of this task, notebooks run in a Jupyter kernel, which knows it.")

    def shell(self, code):
        """%sh: a shell script. Its exit code fails the cell only with `%sh -e`, as elsewhere."""
        first, newline, rest = code.partition("\n")
        strict = first.split()[:1] == ["-e"]
        script = (first.strip()[2:].strip() + newline + rest) if strict else code
        child = subprocess.Popen(["/bin/bash" if os.path.exists("/bin/bash") else "/bin/sh", *(["-e"] if strict else []), "-c", script.strip("\n")],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            code = relay(child)
        finally:
            stop(child)
        if code != 0 and strict:
            raise MagicFailed(f"The shell script ended with exit code {code}.")
        if code != 0:
            print(f"%sh: exit code {code}", file=sys.stderr)

    def pip(self, line):
        """%pip: pip on the packages of this notebook alone, on top of those of its interpreter."""
        own = paths.own_environment() if self._dbutils is not None else None
        python = self._own_python(line, own) if own else sys.executable
        if not own and importlib.util.find_spec("pip") is None:
            raise MagicFailed(f"%pip {line}: {sys.executable} has no pip. Give the task an interpreter with pip, such as a virtual environment.")
        child = subprocess.Popen([python, "-m", "pip", "--disable-pip-version-check", *shlex.split(line, comments=True)],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            code = relay(child)
        finally:
            stop(child)
        if code != 0:
            raise MagicFailed(f"%pip {line} failed with exit code {code}; pip's own message is above.")
        if own:
            paths.offer(own)
        elif site.ENABLE_USER_SITE and os.path.isdir(site.getusersitepackages()):
            site.addsitedir(site.getusersitepackages())
        importlib.invalidate_caches()

    @staticmethod
    def _own_python(line, own):
        python = os.path.join(own, "bin", "python")
        if not os.path.exists(python):
            with tempfile.TemporaryFile() as log:
                try:
                    venvs.make(own, log)
                except venvs.NotMade as error:
                    raise MagicFailed(f"%pip {line}: {error}") from None
        return python

    def run(self, line):
        """%run ./other $name="value": the cells of another notebook, in this namespace."""
        words = shlex.split(line, comments=True)
        if not words:
            raise MagicFailed("%run needs the path of a notebook.")
        if len(self._base) > INCLUDE_DEPTH:
            raise MagicFailed(f"%run {words[0]}: notebooks include each other {INCLUDE_DEPTH} deep.")
        place, file = resolve_notebook(self._task, words[0], self._base[-1])
        supplied = {}
        for word in words[1:]:
            name, equals, value = word.lstrip("$").partition("=")
            if not equals:
                raise MagicFailed(f'%run {words[0]}: {word!r} is no parameter; write $name="value".')
            supplied[name] = value
        if self._dbutils is not None:
            self._dbutils.widgets._supply(supplied)
        notebook = read_notebook(file, place.rsplit("/", 1)[-1])
        cells = Cells(self._namespace)
        self._base.append(place)
        try:
            for number, cell in enumerate(notebook.cells, 1):
                if cell.runs:
                    self.cell(cell, cells, f"{notebook.title}, cell {number}")
        finally:
            self._base.pop()

    def cell(self, cell, cells, name):
        """Runs a cell of any kind."""
        if cell.kind == "python":
            cells.run(cell.code, name)
        elif cell.kind in ("shell", "fs", "html", "sql"):
            getattr(self, cell.kind)(cell.code)
        else:
            refuse_language(cell.kind)

    def fs(self, line):
        """%fs ls /path: one function of dbutils.fs."""
        if self._dbutils is None:
            raise MagicFailed("%fs is a magic of Databricks notebooks, which this is not.")
        words = shlex.split(line)
        function = getattr(self._dbutils.fs, words[0], None) if words and not words[0].startswith("_") else None
        if function is None:
            raise MagicFailed(f"%fs {line.strip()}: not a function of dbutils.fs.")
        value = function(*[{"true": True, "false": False}.get(word.lower(), word) for word in words[1:]])
        if value is not None:
            display.display(value)

    def sql(self, text):
        """%sql: statements on the task's warehouse, with the widgets as parameters. The rows of the last query are shown, and are _sqldf."""
        address = os.environ.get("SWITCHYARD_WAREHOUSE")
        if not address or self._dbutils is None:
            refuse_language("sql")
        from . import warehouse  # a Python may lack sqlite3
        last = None
        try:
            for _, columns, rows in warehouse.run(address, text, self._dbutils.widgets.getAll()):
                if columns:
                    last = [dict(zip(columns, row)) for row in rows]
        except (warehouse.SqlFailed, warehouse.SqlNotRead) as error:
            raise MagicFailed(f"%sql: {error}") from None
        if last is not None:
            self._namespace["_sqldf"] = last
            if last:
                display.display(last)
            else:
                print("No rows.")

    def html(self, text):
        """%html: the cell is HTML."""
        display.display_html(text)

    def markdown(self, text):
        """%md inside a cell: shown as text."""
        display.publish({"text/markdown": text, "text/plain": text})

    def _time(self, code):
        start = time.perf_counter()
        Cells(self._namespace).run(code, "%time")
        print(f"Wall time: {time.perf_counter() - start:.3g} s")


def refuse_language(kind):
    """Fails a cell whose language is not available."""
    name = UNAVAILABLE.get(kind, kind)
    more = " The server has several warehouses: name one as warehouse_id of the notebook_task." if kind == "sql" else ""
    raise LanguageNotAvailable(f"{name} cells are not available: this server runs Python, SQL, shell and Markdown cells.{more}")
