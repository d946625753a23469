"""What a task raises to end or restart itself. They derive from BaseException so that the author's
`except Exception` does not swallow them."""
from __future__ import annotations

import os
import signal


class NotebookExit(BaseException):
    """dbutils.notebook.exit was called; the value is already in the result."""


class RestartPython(BaseException):
    """dbutils.library.restartPython was called; the next cell starts in a fresh interpreter."""


class Terminated(BaseException):
    """The task was asked to stop (SIGTERM)."""


def die_of_sigterm():
    """The end of a task that was asked to stop, once it has written down what it did."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)
