"""Gives a task its libraries and becomes the program that runs it: with_libraries.py PROGRAM [ARGUMENTS...], a program of this folder.
What to install stands in $SWITCHYARD_ATTEMPT_DIR/libraries.json; see switchyard_task/libraries.py."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from switchyard_task import libraries, result  # noqa: E402


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = os.environ.get("SWITCHYARD_ATTEMPT_DIR") or "."
    with open(os.path.join(folder, "libraries.json"), encoding="utf-8") as source:
        asked = json.load(source)
    try:
        directory = libraries.environment(asked)
    except libraries.LibraryFailed as failure:
        sys.stderr.write(failure.log)
        print(failure, file=sys.stderr)
        result.begin(folder, "libraries")
        result.set_error(folder, str(failure), f"{failure.log}{failure}\n")
        return 1
    python, environment = sys.executable, dict(os.environ)
    if directory:
        python = os.path.join(directory, "bin", "python")
        environment.update(VIRTUAL_ENV=directory, PATH=os.path.join(directory, "bin") + os.pathsep + environment.get("PATH", os.defpath))
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), sys.argv[1])
    os.execve(python, [python, "-u", program, *sys.argv[2:]], environment)


if __name__ == "__main__":
    sys.exit(main())
