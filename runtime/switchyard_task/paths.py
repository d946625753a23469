"""What of this runtime the task's own code can import, and behind what."""
from __future__ import annotations

import importlib.util
import importlib
import importlib.util
import os
import site
import sys

from . import venvs
from .task import RUNTIME_DIR


def arrange(first=None):
    """Puts this runtime last on sys.path, so that it never hides a module of the author's or an installed one;
    `first`, the folder of the author's file, goes first. The Databricks stand-in is offered only when no real one is there."""
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry or ".") != os.path.realpath(RUNTIME_DIR) or entry == ""]
    if first:
        sys.path.insert(0, first)
    own = own_environment()
    if own and os.path.isdir(own):
        offer(own)
    sys.path.append(RUNTIME_DIR)
    try:
        real = importlib.util.find_spec("databricks")
    except (ImportError, ValueError):
        real = None
    if real is None:
        sys.path.append(os.path.join(RUNTIME_DIR, "shims"))


def own_environment():
    """The environment that %pip of this notebook installs into, made or not yet; None outside a task."""
    folder = os.environ.get("SWITCHYARD_ATTEMPT_DIR")
    return os.path.join(folder, ".packages") if folder else None


def offer(environment):
    """Puts an environment's packages before those of the interpreter, and its programs before others."""
    packages = venvs.packages(environment)
    if packages not in sys.path:
        before = list(sys.path)
        site.addsitedir(packages)
        added = [entry for entry in sys.path if entry not in before]
        place = next((index for index, entry in enumerate(before) if entry.endswith(("site-packages", "dist-packages"))), len(before))
        sys.path[:] = before[:place] + added + before[place:]
    programs = os.path.join(environment, "bin")
    if programs not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = programs + os.pathsep + os.environ.get("PATH", os.defpath)
    importlib.invalidate_caches()
