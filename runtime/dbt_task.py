"""Runs the dbt commands of task.json one after the other, in the project that launch.json names."""
import json
import os
import shlex
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from switchyard_task import child, result  # noqa: E402
from switchyard_task.task import Task  # noqa: E402


def main():
    task = Task.load()
    folder = task.attempt_dir
    with open(os.path.join(folder, "launch.json"), encoding="utf-8") as source:
        launch = json.load(source)
    result.begin(folder, "dbt")
    program = shutil.which("dbt")
    if program is None:
        return child.fail(folder, "The dbt program is not installed. Install it on this machine, or name dbt-core and an adapter in the task's libraries.")
    project = launch["project_directory"]
    if not os.path.isfile(os.path.join(project, "dbt_project.yml")):
        return child.fail(folder, f"{launch['project_name']} holds no dbt_project.yml: project_directory must name the directory of a dbt project.")
    environment = dict(os.environ)
    for name, variable in (("profiles_directory", "DBT_PROFILES_DIR"), ("schema", "DBT_SCHEMA"), ("catalog", "DBT_CATALOG")):
        if launch.get(name):
            environment[variable] = launch[name]
    # The workspace holds the project's sources; what dbt makes of them belongs to the attempt.
    for variable, name in (("DBT_TARGET_PATH", "target"), ("DBT_LOG_PATH", "logs")):
        environment.setdefault(variable, os.path.join(folder, "dbt", name))
    for command in task.arguments:
        try:
            words = shlex.split(command)
        except ValueError as error:
            return child.fail(folder, f"{command}: {error}")
        if words[:1] != ["dbt"]:
            return child.fail(folder, f"{command!r} does not start with 'dbt'. Each command is one of the dbt program.")
        print(f"+ {command}", flush=True)
        if code := child.run(folder, [program, *words[1:]], environment, project):
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
