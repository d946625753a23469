"""dbutils.notebook: leave with a value, run another notebook."""
from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

from switchyard_task import result
from switchyard_task.process import relay, stop
from switchyard_task.signals import NotebookExit
from switchyard_task.task import RUNTIME_DIR, resolve_notebook

from ._part import Part

DEPTH_LIMIT = 50


class WorkflowException(Exception):
    """A notebook started by dbutils.notebook.run failed or took too long."""


class Notebook(Part):
    def __init__(self, task):
        self._task = task

    def exit(self, value=""):
        """Ends the notebook as a success, with a value for whoever started it."""
        result.set_exit(self._task.attempt_dir, str(value))
        raise NotebookExit(result.clean(str(value)))

    def run(self, path, timeout_seconds=0, arguments=None):
        """Runs another notebook in a process of its own and returns its exit value. 0 means no time limit."""
        task = self._task
        if task.depth >= DEPTH_LIMIT:
            raise WorkflowException(f"{path} was not started: notebooks are already nested {DEPTH_LIMIT} deep.")
        place, file = resolve_notebook(task, path)
        parent = os.path.join(task.attempt_dir or tempfile.gettempdir(), "notebooks")
        os.makedirs(parent, exist_ok=True)
        folder = tempfile.mkdtemp(prefix="run-", dir=parent)
        data = dict(task.data, kind="notebook", path=place, file=file, depth=task.depth + 1, arguments=[],
                    parameters={str(k): "" if v is None else str(v) for k, v in (arguments or {}).items()})
        with open(os.path.join(folder, "task.json"), "w", encoding="utf-8") as out:
            json.dump(data, out)
        environment = dict(os.environ, SWITCHYARD_ATTEMPT_DIR=folder)
        child = subprocess.Popen(
            [sys.executable, "-u", os.path.join(RUNTIME_DIR, "notebook.py")],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        try:
            code = relay(child, timeout_seconds or None)
        except subprocess.TimeoutExpired:
            raise WorkflowException(f"Notebook {place} did not finish within {timeout_seconds} seconds and was stopped.") from None
        finally:
            stop(child)
        outcome = result.read(folder)
        if code != 0:
            raise WorkflowException(f"Notebook {place} failed: {outcome.get('error') or f'it ended with code {code}'}")
        return outcome.get("exit_value", "")
