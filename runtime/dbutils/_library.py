"""dbutils.library."""
from __future__ import annotations

from switchyard_task.signals import RestartPython

from ._part import Part


class Library(Part):
    def __init__(self, task):
        self._task = task

    def restartPython(self):
        """Starts Python anew: the next cell sees newly installed packages and none of the variables."""
        if self._task.kind != "notebook" or not self._task.attempt_dir:
            raise RuntimeError("dbutils.library.restartPython() works in a notebook task only.")
        raise RestartPython()
