"""Prints one JSON line about this interpreter: version, executable, whether notebooks can run in a Jupyter kernel."""
import importlib.util
import json
import platform
import sys


def _has(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


if __name__ == "__main__":
    print(json.dumps({
        "version": platform.python_version(),
        "executable": sys.executable,
        "jupyter": _has("nbclient") and _has("ipykernel"),
    }))
