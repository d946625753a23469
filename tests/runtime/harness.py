"""Runs notebooks and scripts the way the server does: a process, a scratch directory, task.json in, result.json out."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
RUNTIME = REPOSITORY / "runtime"
EXAMPLES = REPOSITORY / "examples" / "databricks"
PATIENCE = 180  # seconds; only so that a hang ends


def interpreters():
    """This interpreter and the system's, without doubles."""
    found = [sys.executable, "/usr/bin/python3", shutil.which("python3")]
    seen = {}
    for program in found:
        if program and os.path.exists(program):
            seen.setdefault(os.path.realpath(program), program)
    return list(seen.values())


def jupyter_interpreter():
    """An interpreter with nbclient and ipykernel, or None."""
    for program in interpreters():
        out = subprocess.run([program, str(RUNTIME / "probe.py")], capture_output=True, text=True, timeout=PATIENCE)
        if out.returncode == 0 and json.loads(out.stdout)["jupyter"]:
            return program
    return None


class Ran:
    """What a process left."""

    def __init__(self, code, out, err, folder):
        self.code, self.out, self.err = code, out, err
        self.folder = pathlib.Path(folder)

    @property
    def result(self):
        return json.loads((self.folder / "result.json").read_text(encoding="utf-8"))

    @property
    def html(self):
        return (self.folder / "notebook.html").read_text(encoding="utf-8")

    @property
    def notebook(self):
        return json.loads((self.folder / "notebook.ipynb").read_text(encoding="utf-8"))


class RuntimeTest(unittest.TestCase):
    """A workspace and an attempt directory for each test."""
    runner = "plain"
    python = sys.executable

    def setUp(self):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="runtime-test-"))
        self.addCleanup(shutil.rmtree, self.base, ignore_errors=True)
        self.workspace = self.base / "workspace"
        self.workspace.mkdir()
        self._attempts = 0

    def write(self, path, text):
        file = self.workspace / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def source(self, path, *cells):
        """A notebook in source format."""
        return self.write(path + ".py", "# Databricks notebook source\n" + "\n\n# COMMAND ----------\n\n".join(cells) + "\n")

    def task(self, path, file, **fields):
        """A fresh attempt directory with its task.json."""
        self._attempts += 1
        folder = self.base / f"attempt-{self._attempts}"
        folder.mkdir()
        data = {"kind": "notebook", "path": path, "file": str(file), "workspace_root": str(self.workspace), "parameters": {}, "arguments": [],
                "task_values": {}, "job_id": 1, "run_id": 2, "task_key": "main", "attempt": 0, "job_parameters": {}}
        data.update(fields)
        (folder / "task.json").write_text(json.dumps(data), encoding="utf-8")
        return folder

    def environment(self, folder, **variables):
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYENV_VERSION", "PYENV_ROOT") if name in os.environ}
        return {**keep, "SWITCHYARD_ATTEMPT_DIR": str(folder), "SWITCHYARD_NOTEBOOK_RUNNER": self.runner, **variables}

    def start(self, folder, command, **variables):
        return subprocess.Popen([self.python, "-u", *map(str, command)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, encoding="utf-8", env=self.environment(folder, **variables), cwd=folder)

    def finish(self, process, folder):
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            self.fail(f"did not end within {PATIENCE} s\n{out}\n{err}")
        return Ran(process.returncode, out, err, folder)

    def run_file(self, path, file, variables=None, **fields):
        folder = self.task(path, file, **fields)
        return self.finish(self.start(folder, [RUNTIME / "notebook.py"], **(variables or {})), folder)

    def run_cells(self, *cells, variables=None, path="/Users/x/main", **fields):
        """Runs a source notebook of these cells."""
        return self.run_file(path, self.source(path, *cells), variables, **fields)

    def run_script(self, text, *arguments, name="script.py", variables=None, **fields):
        file = self.write(name, text)
        folder = self.task("/" + name, file, kind="python", arguments=list(arguments), **fields)
        return self.finish(self.start(folder, [RUNTIME / "script.py", file, *arguments], **(variables or {})), folder)

    def assert_ok(self, ran):
        self.assertEqual(ran.code, 0, f"{ran.out}\n{ran.err}")
        self.assertNotIn("error", ran.result)
