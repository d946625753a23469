"""The services of a run, as its steps meet them: each port answers before the step starts, and their names lead to them."""
import os
import time

from .step import StepRefused


def folder(task):
    """Where the services of a run leave word of themselves: beside its copy of the project."""
    return task.project.rstrip("/") + ".services"


def ended_file(task, name):
    """The file that says how a service ended, if it did."""
    return os.path.join(folder(task), name + ".ended")


def wait(step):
    """Returns when each port of each service takes connections. There is one time for all together."""
    if not step.services:
        return
    import socket

    deadline = time.monotonic() + step.service_wait_seconds
    for service in step.services:
        host = service.get("host") or "127.0.0.1"
        for inner, port in (service.get("ports") or {}).items():
            while True:
                try:
                    socket.create_connection((host, int(port)), timeout=5).close()
                    break
                except OSError as error:
                    _check_that_it_runs(step, service.get("name"))
                    if time.monotonic() > deadline:
                        raise StepRefused(f"the service {service.get('name')} does not answer on its port {inner} ({host}:{port}) "
                                          f"after {step.service_wait_seconds} seconds: {error.strerror or error}") from None
                time.sleep(0.05)


def _check_that_it_runs(step, name):
    try:
        with open(ended_file(step, str(name)), encoding="utf-8") as source:
            how = source.read()
    except OSError:
        return
    raise StepRefused(f"the service {name} {how}. What it wrote is in .orchest/pipelines/{step.pipeline_uuid}/logs/{name}.log")


def write_hosts(task):
    """A hosts file for this task, in which <service>-<session> is where the service is. Returns its path."""
    try:
        with open("/etc/hosts", encoding="utf-8", errors="surrogateescape") as source:
            lines = source.read().rstrip("\n") + "\n"
    except OSError:
        lines = "127.0.0.1 localhost\n"
    for service in task.services:
        lines += f"{service.get('host') or '127.0.0.1'} {service.get('name')}-{task.session_uuid} {service.get('name')}\n"
    file = os.path.join(task.folder, "hosts")
    with open(file, "w", encoding="utf-8", errors="surrogateescape") as out:
        out.write(lines)
    return os.path.realpath(file)
