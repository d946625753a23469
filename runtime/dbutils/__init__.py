"""`dbutils` as notebooks and Python tasks know it, on one machine and without Spark.

    dbutils.widgets   parameters of the notebook
    dbutils.notebook  exit with a value, run another notebook
    dbutils.jobs      values passed from task to task
    dbutils.fs        files under dbfs:/ and file:/
    dbutils.secrets   secrets
    dbutils.library   restartPython
"""
from __future__ import annotations

from switchyard_task.task import Task

from ._fs import FileInfo, FileSystem
from ._jobs import Jobs
from ._library import Library
from ._notebook import Notebook, WorkflowException
from ._secrets import Secrets
from ._widgets import InputWidgetNotDefined, Widgets

__all__ = ["DBUtils", "FileInfo", "InputWidgetNotDefined", "WorkflowException", "dbutils"]


class DBUtils:
    """The utilities of one task. The argument is there for `DBUtils(spark)` and is not used."""

    def __init__(self, spark=None, task=None):
        self._task = task or Task.load()
        self.widgets = Widgets(self._task)
        self.notebook = Notebook(self._task)
        self.jobs = Jobs(self._task)
        self.fs = FileSystem()
        self.secrets = Secrets()
        self.library = Library(self._task)

    def help(self, name=None):
        """Prints what there is; with a name ("widgets", "fs", ...) the functions of that part."""
        part = getattr(self, name, None) if name else None
        if part is None:
            print(__doc__.strip() + "\n\nMore: dbutils.help('widgets'), dbutils.fs.help(), ...")
        else:
            part.help()

    def __repr__(self):
        return "dbutils (widgets, notebook, jobs, fs, secrets, library; dbutils.help() says more)"


dbutils = DBUtils()
# `import dbutils` works as well as the name that every notebook already has.
widgets, notebook, jobs, fs, secrets, library, help = (
    dbutils.widgets, dbutils.notebook, dbutils.jobs, dbutils.fs, dbutils.secrets, dbutils.library, dbutils.help)
