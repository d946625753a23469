"""Runs a task whose code comes from git: checks the code out, once for all tasks of the run, and then becomes the program that
runs it. Usage: git_task.py ROOT RUN URL REF_KIND REF PROGRAM PATH [ARGUMENTS...], where ROOT is the directory of all checkouts,
REF_KIND is branch, tag, commit or head, and PROGRAM one of this folder. The commit is left in $SWITCHYARD_ATTEMPT_DIR/git_commit."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import json  # noqa: E402

from switchyard_task import checkout, result, task  # noqa: E402


# What cannot be found is said in the words of the same failure in the workspace.
NO_FILE = {"notebook.py": 'Unable to access the notebook "{}".', "script.py": "Cannot read the python file {}.", "sql_task.py": "Cannot read the SQL file {}."}


def main():
    if len(sys.argv) < 8:
        print(__doc__, file=sys.stderr)
        return 2
    root, run, url, ref_kind, ref, program, path = sys.argv[1:8]
    folder = os.environ["SWITCHYARD_ATTEMPT_DIR"]
    try:
        commit, tree = checkout.Checkout(root, run, url, ref_kind, ref).make()
    except checkout.CheckoutFailed as problem:
        return fail(folder, "git", f"Failed to checkout Git repository {url}: {problem}")
    with open(os.path.join(folder, "git_commit"), "w", encoding="ascii") as out:
        out.write(commit)
    arguments = []
    if program in NO_FILE:
        file = checkout.find(tree, path, task.NOTEBOOK_ENDINGS if program == "notebook.py" else ("",))
        if file is None:
            return fail(folder, "none", f"{NO_FILE[program].format(path)} It does not exist in commit {commit} of {url}.")
        change(folder, "task.json", lambda data: data.update(file=file, path="/" + path.strip("/"), workspace_root=tree))
        arguments = [file, *sys.argv[8:]] if program == "script.py" else []
    else:
        project = os.path.join(tree, path.strip("/"))
        if not checkout.holds(tree, project):
            return fail(folder, "none", f"Cannot read the directory {path}. It leads out of the repository.")
        change(folder, "launch.json", lambda launch: place_project(launch, tree, project))
    # The root of the repository is where its modules are imported from.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [tree, os.environ.get("PYTHONPATH")]))
    words = [os.path.join(os.path.dirname(os.path.abspath(__file__)), program), *arguments]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-u", *words])


def place_project(launch, tree, project):
    """Profiles lie from the repository's root on if their path begins with a slash, else from the project on."""
    launch["project_directory"] = project
    if profiles := launch.get("profiles_directory"):
        launch["profiles_directory"] = os.path.join(tree if profiles.startswith("/") else project, profiles.strip("/"))


def change(folder, name, apply):
    """Tells one of the task's files where the code lies."""
    place = os.path.join(folder, name)
    with open(place, encoding="utf-8-sig") as source:
        data = json.load(source)
    apply(data)
    result.write_atomically(place, result.to_json(data))


def fail(folder, runner, message):
    result.begin(folder, runner)
    result.set_error(folder, message, message)
    print(message, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
