"""Runs the notebook that $SWITCHYARD_ATTEMPT_DIR/task.json names. Exit code 0: it ended or called
dbutils.notebook.exit; 1: it failed. What it gave back is in result.json, notebook.ipynb and notebook.html beside task.json."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from switchyard_task import document, html, paths, result, runners, signals, trace  # noqa: E402
from switchyard_task.signals import Terminated  # noqa: E402
from switchyard_task.source import read_notebook  # noqa: E402
from switchyard_task.task import Task  # noqa: E402


def main():
    task = Task.load()
    if not task.attempt_dir or not task.data:
        print("SWITCHYARD_ATTEMPT_DIR does not name a directory with a task.json.", file=sys.stderr)
        return 2
    folder = task.attempt_dir
    runner = runners.choose()
    result.begin(folder, runner)
    notebook = None
    try:
        notebook = read_notebook(task.file, (task.path or task.file).rsplit("/", 1)[-1])
        home = os.path.dirname(os.path.abspath(task.file))
        os.chdir(home)
        paths.arrange(first=home)
        if runner == "jupyter":
            from switchyard_task import kernel
            try:
                failure = kernel.run(task, notebook, lambda: document.save(notebook, "jupyter", folder))
            except kernel.KernelNotStarted as error:
                if runners.wish() == "jupyter":
                    raise
                print(f"{error}. The plain runner takes over.", file=sys.stderr)
                runner = "plain"
                result.begin(folder, runner)
        if runner == "plain":
            from switchyard_task import plain
            failure = plain.run(task, notebook, lambda: document.save(notebook, "plain", folder))
    except BaseException as error:  # no notebook to run, or asked to stop between cells
        failure = trace.describe(error)
        sys.__stderr__.write(failure[1])
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    if failure:
        result.set_error(folder, *failure)
    if notebook is not None:
        document.save(notebook, runner, folder)
        html.save(notebook, runner, folder)
    if failure and failure[0].startswith(Terminated.__name__):
        signals.die_of_sigterm()
    return 1 if failure else 0


if __name__ == "__main__":
    sys.exit(main())
