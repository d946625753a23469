"""Environments: what a project's setup script installs, in a virtual environment of its own. One is made once for all that have
the same script and the same Python, whichever project and job they belong to, and is not changed afterwards."""
from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shlex
import shutil
import subprocess

from .step import StepRefused, below, find

_READY = ".switchyard-ready"


def prepare(step, output):
    """The directory of the step's environment, built if need be; None where the machine's own programs are meant."""
    if not step.environment_uuid:
        return None
    place = below(step.project, f".orchest/environments/{step.environment_uuid}")
    try:
        with open(os.path.join(place, "properties.json"), encoding="utf-8-sig") as source:
            about = json.load(source)
        if not isinstance(about, dict):
            raise ValueError("its properties.json is not an object")
    except (OSError, ValueError) as error:
        raise StepRefused(f"the environment {step.environment_uuid} cannot be read: {error}") from None
    script = _script(place)
    if not script.strip() or not step.environments:
        return None
    python = find(step.python, step.search_path)
    if python is None:
        raise StepRefused(f"an environment needs Python, and {step.python} is not there. Debian: apt-get install python3 python3-venv")
    key = hashlib.sha256("\0".join([str(about.get("language")), script, os.path.realpath(python)]).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    directory = os.path.join(step.environments, key)
    ready = os.path.join(directory, _READY)
    if os.path.exists(ready):
        return directory
    os.makedirs(step.environments, exist_ok=True)
    with open(directory + ".lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # others wait for the one that builds
        if not os.path.exists(ready):
            _build(step, output, about.get("name") or step.environment_uuid, python, script, directory)
            with open(ready, "w"):
                pass
    return directory


def _script(place):
    try:
        with open(os.path.join(place, "setup_script.sh"), encoding="utf-8", errors="surrogateescape") as source:
            return source.read()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise StepRefused(f"the setup script of an environment cannot be read: {error}") from None


def _build(step, output, name, python, script, directory):
    shutil.rmtree(directory, ignore_errors=True)
    output.write(f"Building the environment {name} ...\n".encode())
    try:
        if _run(output, [python, "-m", "venv", "--system-site-packages", "--without-pip", directory], {}, step.project) != 0:
            raise StepRefused(f"the environment {name} cannot be made: python3 -m venv failed. Debian: apt-get install python3-venv")
        _give_pip(output, directory, step.project)
        variables = {"PATH": os.path.join(directory, "bin") + os.pathsep + step.search_path, "VIRTUAL_ENV": directory}
        code = _run(output, ["bash", "-c", script], variables, step.project)
        if code != 0:
            raise StepRefused(f"the setup script of the environment {name} ended with code {code}; what it wrote stands above. Nothing of it was kept")
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise


def _give_pip(output, directory, folder):
    """The machine's own pip, working on this environment, or else a copy. Without a command of this name here, a setup script
    would meet the machine's, and install into the machine."""
    own = os.path.join(directory, "bin", "python")
    if subprocess.run([own, "-c", "import pip"], stdin=subprocess.DEVNULL, capture_output=True).returncode != 0 and _run(output, [own, "-m", "ensurepip"], {}, folder) == 0:
        return
    for name in ("pip", "pip3"):
        command = os.path.join(directory, "bin", name)
        with open(command, "w", encoding="utf-8", errors="surrogateescape") as out:
            out.write(f'#!/bin/sh\nexec {shlex.quote(own)} -m pip "$@"\n')
        os.chmod(command, 0o755)


def _run(output, words, variables, folder):
    with subprocess.Popen(words, cwd=folder, env={**os.environ, **variables}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        while data := process.stdout.read1(65536):
            output.write(data)
        return process.wait()
