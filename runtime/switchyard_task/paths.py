"""What of this runtime the task's own code can import, and behind what."""
from __future__ import annotations

import importlib.util
import os
import sys

from .task import RUNTIME_DIR


def arrange(first=None):
    """Puts this runtime last on sys.path, so that it never hides a module of the author's or an installed one;
    `first`, the folder of the author's file, goes first. The Databricks stand-in is offered only when no real one is there."""
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry or ".") != os.path.realpath(RUNTIME_DIR) or entry == ""]
    if first:
        sys.path.insert(0, first)
    sys.path.append(RUNTIME_DIR)
    try:
        real = importlib.util.find_spec("databricks")
    except (ImportError, ValueError):
        real = None
    if real is None:
        sys.path.append(os.path.join(RUNTIME_DIR, "shims"))
