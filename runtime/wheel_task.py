"""Calls an entry point of an installed package, with the arguments of task.json: wheel_task.py PACKAGE ENTRY_POINT.
The package's name is argv[0], as if it were a program."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import importlib  # noqa: E402
from importlib import metadata  # noqa: E402

from switchyard_task import program  # noqa: E402
from switchyard_task.task import Task  # noqa: E402


class EntryPointNotFound(Exception):
    """A package or an entry point that is not installed."""


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    package, entry = sys.argv[1:]
    task = Task.load()
    sys.argv = [package, *task.arguments]

    return program.run(task.attempt_dir, None, lambda: find(package, entry)())


def find(package, entry):
    """The entry point that the package's metadata names, else the function of that name in the package."""
    try:
        for point in metadata.distribution(package).entry_points:
            if point.name == entry:
                return point.load()
    except metadata.PackageNotFoundError:
        pass
    try:
        module = importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package.split(".", 1)[0]:
            raise
        raise EntryPointNotFound(f"Package {package!r} is not installed. Name its wheel in the task's libraries.") from None
    try:
        return getattr(module, entry)
    except AttributeError:
        raise EntryPointNotFound(f"Package {package!r} has neither an entry point nor a function {entry!r}.") from None


if __name__ == "__main__":
    sys.exit(main())
