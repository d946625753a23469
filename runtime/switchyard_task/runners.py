"""Which of the two runners a notebook gets."""
from __future__ import annotations

import importlib.util
import os


def wish():
    """The runner asked for."""
    return (os.environ.get("SWITCHYARD_NOTEBOOK_RUNNER") or "auto").strip().lower()


def choose():
    """plain or jupyter, by SWITCHYARD_NOTEBOOK_RUNNER (auto by default: Jupyter when this interpreter has it)."""
    if wish() in ("plain", "jupyter"):
        return wish()
    return "jupyter" if all(importlib.util.find_spec(name) for name in ("nbclient", "ipykernel")) else "plain"
