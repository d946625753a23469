"""Runs steps of Orchest pipelines the way the server does: a process in an attempt's directory with a step.json."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from harness import PATIENCE, RUNTIME, Ran

PROJECT_UUID, PIPELINE_UUID = "0a0a0a0a-1111-4222-8333-444444444444", "5b5b5b5b-1111-4222-8333-444444444444"
NOBODY = 65534
# One that every user of this machine can run.
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


def uuid_of(title):
    """The uuid of the step of this title."""
    return f"{title.encode().hex():0<8.8}-0000-4000-8000-000000000000"


class OrchestTest(unittest.TestCase):
    """One run of a pipeline, and the means to run its steps. `way` is how the private view comes about, `user` who runs them."""
    way = "auto"
    user = None

    @classmethod
    def setUpClass(cls):
        # World-readable, because the working tree need not be.
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="orchest-runtime-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared, ignore_errors=True)
        cls.shared.chmod(0o755)
        cls.runtime = cls.shared / "runtime"
        shutil.copytree(RUNTIME, cls.runtime, ignore=shutil.ignore_patterns("__pycache__"))

    def setUp(self):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="orchest-test-"))
        self.addCleanup(shutil.rmtree, self.base, ignore_errors=True)
        self.data = self.base / "data"
        self._attempts = 0
        self.new_run()

    def new_run(self):
        """Another run of the same job: its own copy of the project, the same /data."""
        self.session = f"{self._attempts:08d}-5555-4555-8555-555555555555"
        self.project = self.base / "runs" / self.session / "project"
        self.project.mkdir(parents=True)
        self.steps, self.parameters, self.services = {}, {}, {}
        self.pipeline_path = "main.orchest"

    def write(self, path, text):
        file = self.project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def step(self, title, file_path, text=None, after=(), parameters=None):
        """Adds a step to the pipeline, and its file to the project."""
        if text is not None:
            self.write(os.path.join(os.path.dirname(self.pipeline_path), file_path), text)
        self.steps[uuid_of(title)] = {"uuid": uuid_of(title), "title": title, "file_path": file_path, "environment": "e",
                                      "incoming_connections": [uuid_of(parent) for parent in after], "parameters": parameters or {},
                                      "kernel": {"name": "python", "display_name": "Python 3"}, "meta_data": {"hidden": False, "position": [0, 0]}}

    @property
    def pipeline(self):
        return {"name": "main", "uuid": PIPELINE_UUID, "version": "1.2.3", "parameters": self.parameters, "services": self.services, "steps": self.steps,
                "settings": {"auto_eviction": True, "data_passing_memory_size": "1GB", "max_steps_parallelism": 0}}

    def attempt(self, title, **fields):
        """A fresh attempt directory with its step.json."""
        self._attempts += 1
        folder = self.base / f"attempt-{self._attempts}"
        folder.mkdir()
        described = {"project_directory": str(self.project), "data_directory": str(self.data), "pipeline_path": self.pipeline_path,
                     "pipeline": self.pipeline, "step_uuid": uuid_of(title), "pipeline_uuid": PIPELINE_UUID, "project_uuid": PROJECT_UUID,
                     "session_uuid": self.session, "environment_directory": None, "python": PYTHON, "notebook_python": PYTHON}
        described.update(fields)
        (folder / ("service.json" if "service" in fields else "step.json")).write_text(json.dumps(described), encoding="utf-8")
        return folder

    def start_service(self, services, name, *words, **fields):
        """Starts the service of this name as the server does; it is gone at the end of the test."""
        folder = self.attempt("", service=name, services=services, **fields)
        process = self.start(folder, program=("orchest_service.py", "run", *words), ORCHEST_SESSION_UUID=self.session)
        self.addCleanup(self.stop, process)
        return process

    @staticmethod
    def stop(process):
        """Ends a launcher politely; returns its output."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        return process.communicate(timeout=PATIENCE)[0] if not process.stdout.closed else ""

    def command(self, *before, program=("orchest_step.py",)):
        """What starts the launcher, as this test's user."""
        become = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups", "--"] if self.user is not None and os.geteuid() == 0 else []
        return [*become, *before, PYTHON, "-I", "-u", str(self.runtime / program[0]), *program[1:]]

    def start(self, folder, *before, program=("orchest_step.py",), **variables):
        if self.user is not None and os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{self.user}:{self.user}", str(self.base)], check=True)
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return subprocess.Popen(self.command(*before, program=program), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
                                env={**keep, "SWITCHYARD_ORCHEST_MOUNTS": self.way, **variables}, cwd=folder, start_new_session=True)

    def finish(self, process, folder):
        try:
            out, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            self.fail(f"did not end within {PATIENCE} s\n{process.communicate()[0]}")
        return Ran(process.returncode, out, "", folder)

    def run_step(self, title, variables=None, **fields):
        folder = self.attempt(title, **fields)
        return self.finish(self.start(folder, **(variables or {})), folder)

    def run_code(self, text, variables=None, name="step.py", **fields):
        """Runs a one-step pipeline."""
        self.step("Step", name, text)
        return self.run_step("Step", variables, **fields)

    def log(self, title="Step"):
        """The step's log file: its first line, and the rest."""
        file = self.project / ".orchest" / "pipelines" / PIPELINE_UUID / "logs" / f"{uuid_of(title)}.log"
        first, _, rest = file.read_text(encoding="utf-8").partition("\n")
        return first, rest

    def head(self, title):
        return (self.project / ".orchest" / "pipelines" / PIPELINE_UUID / "data" / uuid_of(title) / "HEAD").read_text(encoding="utf-8")

    def assert_printed(self, ran, text):
        self.assertEqual((ran.code, ran.out), (0, text))
        self.assertEqual(self.log()[1] if uuid_of("Step") in self.steps else text, text)


def notebook(*cells, **metadata):
    """A Jupyter file of code cells; a cell may be (text, tag, ...)."""
    made = []
    for number, cell in enumerate(cells):
        text, *tags = (cell,) if isinstance(cell, str) else cell
        made.append({"cell_type": "code", "id": f"c{number}", "metadata": {"tags": tags} if tags else {}, "execution_count": None, "outputs": [],
                     "source": text.splitlines(True)})
    return json.dumps({"cells": made, "nbformat": 4, "nbformat_minor": 5,
                       "metadata": {"kernelspec": {"name": "orchest-kernel-7", "display_name": "My Python", "language": "python"}, **metadata}})
