"""Tracebacks as the author of the code expects them: their lines, none of ours."""
from __future__ import annotations

import os
import re
import traceback

from .task import RUNTIME_DIR

_OURS = RUNTIME_DIR + os.sep
# Our own errors are named as in a notebook's documentation, without the module they happen to live in.
_OUR_NAMES = re.compile(r"^(\s*[|+-]*\s*)(?:dbutils|switchyard_task)(?:\.\w+)*\.(\w+)(?=:|$)", re.MULTILINE)


def describe(error):
    """(last line, full traceback) of an exception, chained ones included, without the runner's frames."""
    shown = traceback.TracebackException(type(error), error, error.__traceback__)
    _drop_our_frames(shown, set())
    text = _OUR_NAMES.sub(r"\1\2", "".join(shown.format()))
    last = _OUR_NAMES.sub(r"\1\2", "".join(shown.format_exception_only())).strip().splitlines()
    # A syntax error prints its line and a caret first; notes may follow the line that names the error.
    name = _name(error)
    named = [line for line in last if line.startswith(name)]
    return (named[0] if named else (last[-1] if last else name)), text


def _name(error):
    kind = type(error)
    if kind.__module__ in ("builtins", "__main__") or kind.__module__.split(".")[0] in ("dbutils", "switchyard_task"):
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _drop_our_frames(shown, seen):
    if shown is None or id(shown) in seen:
        return
    seen.add(id(shown))
    shown.stack[:] = [frame for frame in shown.stack if not is_ours(frame.filename)]
    _drop_our_frames(shown.__cause__, seen)
    _drop_our_frames(shown.__context__, seen)
    for inner in getattr(shown, "exceptions", None) or ():
        _drop_our_frames(inner, seen)


def is_ours(filename):
    """True for a file of this runtime."""
    return filename.startswith(_OURS)
