"""The task's input, as the server wrote it to task.json, and where notebooks lie on disk."""
from __future__ import annotations

import json
import os
import posixpath

RUNTIME_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# In this order, because a workspace path has no extension and may name either form.
NOTEBOOK_ENDINGS = ("", ".py", ".ipynb", ".sql", ".scala", ".r", ".R")


class NotebookNotFound(Exception):
    """A notebook path that names nothing in the workspace."""


class Task:
    """One attempt's input. Outside a job every field is empty."""

    def __init__(self, attempt_dir=None, data=None):
        data = data or {}
        self.attempt_dir = attempt_dir
        self.data = data
        self.kind = data.get("kind") or "notebook"
        self.path = data.get("path") or ""
        self.file = data.get("file") or ""
        self.workspace_root = data.get("workspace_root") or os.environ.get("SWITCHYARD_WORKSPACE_ROOT") or ""
        self.parameters = {str(k): _text(v) for k, v in (data.get("parameters") or {}).items()}
        self.arguments = [_text(a) for a in (data.get("arguments") or [])]
        self.task_values = data.get("task_values") or {}
        self.run_id = data.get("run_id")
        self.task_key = data.get("task_key")
        self.depth = int(data.get("depth") or 0)

    @property
    def in_job(self):
        """True when a job runs this code, false in a plain interpreter."""
        return self.run_id is not None or bool(self.task_key)

    @classmethod
    def load(cls):
        """Reads $SWITCHYARD_ATTEMPT_DIR/task.json; an empty task when there is none."""
        folder = os.environ.get("SWITCHYARD_ATTEMPT_DIR")
        if not folder:
            return cls()
        try:
            with open(os.path.join(folder, "task.json"), encoding="utf-8-sig") as source:
                return cls(folder, json.load(source))
        except FileNotFoundError:
            return cls(folder)


def resolve_notebook(task, path, base=None):
    """(workspace path, file) of a notebook named absolutely or relative to the workspace path `base`."""
    base = base or task.path or "/"
    wanted = posixpath.normpath(posixpath.join(posixpath.dirname(base), path))
    wanted = "/" + wanted.lstrip("/")
    if wanted.startswith("/Workspace/"):
        wanted = wanted[len("/Workspace"):]
    root = os.path.realpath(task.workspace_root or os.path.dirname(task.file) or ".")
    # Without a workspace path the folder of the running file is where relative paths start.
    place = root + wanted
    for ending in NOTEBOOK_ENDINGS:
        file = os.path.realpath(place + ending)
        if os.path.commonpath([root, file]) == root and os.path.isfile(file):
            return wanted, file
    raise NotebookNotFound(
        f"Notebook not found: {path}. Looked for {wanted} in the workspace (with and without .py or .ipynb), "
        f"relative to {posixpath.dirname(base) or '/'}.")


def _text(value):
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (bool, dict, list)):
        return json.dumps(value)
    return str(value)
