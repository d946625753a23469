"""Runs a Python file as Python itself would (`python FILE ARGUMENTS`), with `dbutils` as a builtin and its failure
written to $SWITCHYARD_ATTEMPT_DIR/result.json. Usage: script.py FILE [ARGUMENTS...]"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import builtins  # noqa: E402
import io  # noqa: E402
import types  # noqa: E402

from switchyard_task import paths, result, trace  # noqa: E402
from switchyard_task.signals import NotebookExit  # noqa: E402


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = os.environ.get("SWITCHYARD_ATTEMPT_DIR")
    result.begin(folder, "plain")
    file = sys.argv[1]
    sys.argv = sys.argv[1:]
    paths.arrange(first=os.path.dirname(os.path.abspath(file)))
    from dbutils import dbutils
    builtins.dbutils = dbutils
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=file, __builtins__=builtins, __cached__=None, __spec__=None)
    sys.modules["__main__"] = module
    try:
        with io.open_code(os.path.abspath(file)) as source:
            code = compile(source.read(), file, "exec", dont_inherit=True)
        exec(code, module.__dict__)
    except NotebookExit:
        return 0
    except SystemExit as left:
        return end_by_exit(folder, left)
    except BaseException as error:
        last, text = trace.describe(error)
        result.set_error(folder, last, text)
        if sys.excepthook is not sys.__excepthook__:
            sys.excepthook(type(error), error, error.__traceback__)  # the author's own
        else:
            sys.stderr.write(text)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def end_by_exit(folder, left):
    """The exit code that Python gives to sys.exit(...); a code other than 0 is the task's error."""
    if left.code is None:
        return 0
    if isinstance(left.code, int):
        if left.code != 0:
            result.set_error(folder, f"SystemExit: {left.code}", trace.describe(left)[1])
        return left.code
    print(left.code, file=sys.stderr)
    result.set_error(folder, f"SystemExit: {left.code}", trace.describe(left)[1])
    return 1


if __name__ == "__main__":
    sys.exit(main())
