"""Runs what a Spark installation runs, through spark-submit where there is one, else by itself: spark_task.py jar, a main class with
its archives, or spark_task.py submit, the arguments of spark-submit. Both read launch.json and the arguments of task.json."""
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from switchyard_task import child, result  # noqa: E402
from switchyard_task.task import Task  # noqa: E402

# Options of spark-submit that stand alone; all others are followed by a value.
_ALONE = {"--supervise", "--verbose", "-v", "--help", "-h", "--version"}


def main():
    if sys.argv[1:] not in (["jar"], ["submit"]):
        print(__doc__, file=sys.stderr)
        return 2
    task = Task.load()
    with open(os.path.join(task.attempt_dir, "launch.json"), encoding="utf-8") as source:
        launch = json.load(source)
    plan = _jar if sys.argv[1] == "jar" else _submit
    runner, words, missing = plan(task, launch, spark_submit())
    result.begin(task.attempt_dir, runner)
    return child.fail(task.attempt_dir, missing) if missing else child.run(task.attempt_dir, words)


def spark_submit():
    """The spark-submit of this machine; None when there is none."""
    home = os.environ.get("SPARK_HOME")
    return (shutil.which("spark-submit", path=os.path.join(home, "bin")) if home else None) or shutil.which("spark-submit")


def java():
    """The java of this machine; None when there is none."""
    home = os.environ.get("JAVA_HOME")
    return (shutil.which("java", path=os.path.join(home, "bin")) if home else None) or shutil.which("java")


def _jar(task, launch, submit):
    """(runner, words, what is missing) of a main class."""
    jars, name = launch["jars"], launch["main_class_name"]
    if gone := [jar for jar in jars if not os.path.isfile(jar)]:
        return "java", [], f"The archive {os.path.basename(gone[0])} is not there. Put it in place before the task starts."
    if not jars:
        return "java", [], f"The class {name} has no archive: name it as a jar in the task's libraries."
    if submit:
        more = ["--jars", ",".join(jars[1:])] if len(jars) > 1 else []
        return "spark-submit", [submit, "--class", name, *more, jars[0], *task.arguments], None
    return _java(jars, name, task.arguments)


def _submit(task, launch, submit):
    """(runner, words, what is missing) of the arguments of spark-submit."""
    if submit:
        return "spark-submit", [submit, *task.arguments], None
    options, rest = {}, list(task.arguments)
    while rest and rest[0].startswith("-"):
        name, equals, value = rest.pop(0).partition("=")
        options[name] = value if equals else "" if name in _ALONE or not rest else rest.pop(0)
    if not rest:
        return "java", [], "The parameters name no program: after the options comes a .jar or .py file, and then its arguments."
    program, arguments = rest[0], rest[1:]
    if not os.path.isfile(program):
        return "java", [], f"The program {program} is not there, and there is no Spark installation that could fetch it."
    if program.endswith(".py"):
        files = [file for file in (options.get("--py-files") or "").split(",") if file]
        os.environ["PYTHONPATH"] = os.pathsep.join(files + [path for path in [os.environ.get("PYTHONPATH")] if path])
        return "python", [sys.executable, "-u", program, *arguments], None
    name = options.get("--class")
    if not name:
        return "java", [], f"{os.path.basename(program)} needs a main class: give --class before it."
    return _java([program, *launch["jars"], *[jar for jar in (options.get("--jars") or "").split(",") if jar]], name, arguments)


def _java(jars, name, arguments):
    program = java()
    if program is None:
        return "java", [], "There is neither a Spark installation nor java here. Debian: apt-get install default-jre-headless"
    return "java", [program, "-cp", os.pathsep.join(jars), name, *arguments], None


if __name__ == "__main__":
    sys.exit(main())
