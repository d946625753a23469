"""Virtual environments on top of the interpreter that runs this: what it has, they have."""
from __future__ import annotations

import os
import subprocess
import sys
import sysconfig


_BELOW = "below.pth"


class NotMade(Exception):
    """An environment that could not be made."""


def make(directory, out):
    """Makes an environment with pip in a directory and returns its interpreter. What is written meanwhile goes to `out`."""
    if _run([sys.executable, "-m", "venv", "--system-site-packages", "--without-pip", directory], out) != 0:
        raise NotMade(f"{sys.executable} -m venv failed: no virtual environment could be made. Debian: apt-get install python3-venv")
    python = os.path.join(directory, "bin", "python")
    # An environment made by an environment sees only what the machine has.
    below = _packages_of_this()
    if below:
        with open(os.path.join(packages(directory), _BELOW), "w", encoding="utf-8") as links:
            links.write("".join(line + "\n" for line in below))
    # The interpreter's own pip, working on this environment, or else a copy.
    if _run([python, "-c", "import pip"], out) != 0 and _run([python, "-m", "ensurepip"], out) != 0:
        raise NotMade(f"{sys.executable} has no pip. Debian: apt-get install python3-pip, or python3-venv")
    return python


def packages(directory):
    """Where an environment made by `make` keeps its packages."""
    scheme = "posix_prefix" if "posix_prefix" in sysconfig.get_scheme_names() else sysconfig.get_default_scheme()
    return sysconfig.get_path("purelib", scheme, vars={"base": directory, "platbase": directory})


def _packages_of_this():
    if sys.prefix == sys.base_prefix:
        return []
    own = packages(sys.prefix)
    try:
        with open(os.path.join(own, _BELOW), encoding="utf-8") as links:
            return [own, *links.read().splitlines()]
    except FileNotFoundError:
        return [own]


def _run(words, out):
    return subprocess.call(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
