"""A Python program of a task: its end as Python itself would end it, its failure written to result.json."""
from __future__ import annotations

import builtins
import sys

from . import paths, result, trace
from .signals import NotebookExit


def run(folder, home, body):
    """Calls `body()` with dbutils as a builtin and `home` first on sys.path; returns the process's exit code."""
    result.begin(folder, "plain")
    paths.arrange(first=home)
    from dbutils import dbutils
    builtins.dbutils = dbutils
    try:
        body()
    except NotebookExit:
        return 0
    except SystemExit as left:
        return _end_by_exit(folder, left)
    except BaseException as error:
        last, text = trace.describe(error)
        result.set_error(folder, last, text)
        if sys.excepthook is not sys.__excepthook__:
            sys.excepthook(type(error), error, error.__traceback__)  # the author's own
        else:
            sys.stderr.write(text)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _end_by_exit(folder, left):
    """The exit code that Python gives to sys.exit(...); a code other than 0 is the task's error."""
    if left.code is None:
        return 0
    if isinstance(left.code, int):
        if left.code != 0:
            result.set_error(folder, f"SystemExit: {left.code}", trace.describe(left)[1])
        return left.code
    print(left.code, file=sys.stderr)
    result.set_error(folder, f"SystemExit: {left.code}", trace.describe(left)[1])
    return 1
