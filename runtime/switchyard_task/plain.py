"""The plain runner: cells one by one in this very process, with nothing but the standard library."""
from __future__ import annotations

import builtins
import io
import os
import signal
import sys
import threading
import time
import types

from . import display, document, trace
from .cells import Cells
from .magics import Magics
from .signals import NotebookExit, RestartPython, Terminated

RESUME = "SWITCHYARD_RESUME_CELL"


class Recorder(io.TextIOBase):
    """Passes text on at once and keeps it in the cell that runs."""

    def __init__(self, real, name, outputs):
        self._real = real
        self._name = name
        self._outputs = outputs
        self._lock = threading.Lock()

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        with self._lock:
            try:
                self._real.write(text)
            except UnicodeEncodeError:
                self._real.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))
            self._real.flush()
            document.add_stream(self._outputs(), self._name, text)
        return len(text)

    def flush(self):
        self._real.flush()

    def fileno(self):
        return self._real.fileno()

    def isatty(self):
        return False

    def writable(self):
        return True

    @property
    def buffer(self):
        return self._real.buffer

    @property
    def encoding(self):
        return self._real.encoding

    @property
    def errors(self):
        return self._real.errors


def run(task, notebook, progress, bare=False):
    """Runs the notebook. Returns None on success, else (last line, traceback). `progress()` is called after each cell.
    A `bare` one gets `display` and no other name of ours."""
    dbutils = None
    if not bare:
        from dbutils import dbutils

    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    namespace = main.__dict__
    magics = Magics(task, namespace, dbutils)
    namespace.update(__builtins__=builtins, display=display.display, __magic__=magics)
    if not bare:
        namespace.update(dbutils=dbutils, displayHTML=display.display_html, getArgument=dbutils.widgets.getArgument)
    cells = Cells(namespace)
    current = []  # the outputs of the running cell

    os.environ.setdefault("MPLBACKEND", "Agg")
    sys.stdout = Recorder(sys.__stdout__, "stdout", lambda: current)
    sys.stderr = Recorder(sys.__stderr__, "stderr", lambda: current)
    count = 0

    def show(data, is_result):
        with_text = data.get("text/plain")
        if with_text is not None:
            # To the real stream: the notebook keeps the bundle itself, not this text.
            sys.__stdout__.write(with_text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")
            sys.__stdout__.flush()
        output = {"output_type": "execute_result" if is_result else "display_data", "data": data, "metadata": {}}
        if is_result:
            output["execution_count"] = count
        document.add_output(current, output)

    def show_result(value):
        builtins._ = value
        display.publish(display.bundle(value, as_table=False), is_result=True)

    display.sink = show
    sys.displayhook = show_result
    signal.signal(signal.SIGTERM, _terminate)

    start = int(os.environ.pop(RESUME, "0"))
    if start:
        document.load_outputs(notebook, task.attempt_dir)
    for index, cell in enumerate(notebook.cells):
        if index < start:
            count = max(count, cell.execution_count or 0)
            continue
        if not cell.runs:
            cell.state = "skipped" if "skip" in cell.tags else "done"
            continue
        count += 1
        cell.execution_count, cell.outputs = count, []
        current = cell.outputs
        began = time.monotonic()
        failure, leave = None, False
        try:
            magics.cell(cell, cells, f"{notebook.title}, cell {index + 1}")
            _show_figures(show)
        except NotebookExit as left:
            # Only in the notebook: the value is in the result, and the log is the author's.
            document.add_output(current, {"output_type": "display_data", "data": {"text/plain": f"Notebook exited: {left}"}, "metadata": {}})
            leave = True
        except SystemExit as left:
            leave = left.code in (None, 0)
            failure = None if leave else _fail(cell, left)
        except RestartPython:
            cell.state, cell.seconds = "done", time.monotonic() - began
            progress()
            _restart(index + 1)
        except BaseException as error:
            failure = _fail(cell, error)
        cell.seconds = time.monotonic() - began
        cell.state = "failed" if failure else "done"
        progress()
        if failure or leave:
            return failure
    return None


def _fail(cell, error):
    last, text = trace.describe(error)
    sys.__stderr__.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))
    sys.__stderr__.flush()
    document.add_output(cell.outputs, {"output_type": "error", "ename": type(error).__name__, "evalue": str(error),
                                       "traceback": text.rstrip("\n").split("\n")})
    return last, text


def _show_figures(show):
    # What an inline backend does: figures left open by the cell are its output.
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            show({"image/png": display.figure(figure), "text/plain": repr(figure)}, False)
        pyplot.close("all")


def _restart(cell):
    """A new interpreter in the same process, so that the server sees one attempt: nothing of the old one is left."""
    sys.stdout.flush()
    os.environ[RESUME] = str(cell)
    os.execv(sys.executable, [sys.executable, "-u", os.path.join(trace.RUNTIME_DIR, "notebook.py")])


def _terminate(number, _):
    # A second request ends the process at once.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise Terminated("the task was asked to stop (SIGTERM)")
