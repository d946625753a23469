"""Runs a Python file as Python itself would (`python FILE ARGUMENTS`), with `dbutils` as a builtin and its failure
written to $SWITCHYARD_ATTEMPT_DIR/result.json. Usage: script.py FILE [ARGUMENTS...]"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import builtins  # noqa: E402
import io  # noqa: E402
import types  # noqa: E402

from switchyard_task import program  # noqa: E402


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    file = sys.argv[1]
    sys.argv = sys.argv[1:]

    def body():
        module = types.ModuleType("__main__")
        module.__dict__.update(__file__=file, __builtins__=builtins, __cached__=None, __spec__=None)
        sys.modules["__main__"] = module
        with io.open_code(os.path.abspath(file)) as source:
            code = compile(source.read(), file, "exec", dont_inherit=True)
        exec(code, module.__dict__)

    return program.run(os.environ.get("SWITCHYARD_ATTEMPT_DIR"), os.path.dirname(os.path.abspath(file)), body)


if __name__ == "__main__":
    sys.exit(main())
