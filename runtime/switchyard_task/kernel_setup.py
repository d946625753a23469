"""Runs inside the kernel before the notebook's first cell: gives it dbutils, display and our magics."""
from __future__ import annotations

import builtins
import json
import sys

from . import display, paths
from .magics import Magics
from .task import RUNTIME_DIR, Task

# Cells that are not Python reach the kernel as a call of this.
magics = None


def install(home):
    """Prepares the namespace of the running IPython shell."""
    global magics
    from IPython import get_ipython
    from IPython.display import display as rich_display
    from IPython.display import publish_display_data

    paths.arrange(first=home)
    from dbutils import dbutils

    shell = get_ipython()
    task = Task.load()

    def show(*objects, **named):
        """Shows values richly; lists of records as tables."""
        for value in objects:
            if display.is_table(value):
                publish_display_data(display.table(value))
            else:
                rich_display(value, **named)

    display.sink = lambda data, is_result: publish_display_data(data)
    names = {"dbutils": dbutils, "display": show, "displayHTML": display.display_html, "getArgument": dbutils.widgets.getArgument}
    shell.push(names, interactive=False)
    # IPython puts its own display in builtins, where included notebooks would find it.
    builtins.display = show
    magics = Magics(task, shell.user_ns, dbutils)
    shell.user_ns_hidden["__magic__"] = shell.user_ns["__magic__"] = magics
    _survive_half_characters(shell.kernel.session)
    for name in ("run", "pip", "fs"):
        shell.register_magic_function(getattr(magics, name), "line", name)


def bare():
    """Leaves the namespace as Jupyter makes it, and takes this runtime off the path again."""
    from IPython import get_ipython

    sys.path[:] = [entry for entry in sys.path if entry != RUNTIME_DIR]
    _survive_half_characters(get_ipython().kernel.session)


def _survive_half_characters(session):
    """A lone surrogate in what a cell prints makes the kernel lose the message, and whoever waits for it wait for ever."""
    usual = session.pack

    def pack(message):
        try:
            return usual(message)
        except UnicodeEncodeError:
            return json.dumps(message, default=str, ensure_ascii=True).encode("ascii")

    session.pack = pack
