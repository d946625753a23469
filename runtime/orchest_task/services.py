"""The services of a run, as its steps meet them: each port answers before the step starts, and their names lead to them."""
import os
import time

from .step import StepRefused


def wait(services, seconds):
    """Returns when each port of each service takes connections. `seconds` is for all together."""
    if not services:
        return
    import socket

    deadline = time.monotonic() + seconds
    for service in services:
        host = service.get("host") or "127.0.0.1"
        for inner, port in (service.get("ports") or {}).items():
            while True:
                try:
                    socket.create_connection((host, int(port)), timeout=5).close()
                    break
                except OSError as error:
                    if time.monotonic() > deadline:
                        raise StepRefused(f"the service {service.get('name')} does not answer on its port {inner} ({host}:{port}) "
                                          f"after {seconds} seconds: {error.strerror or error}") from None
                time.sleep(0.1)


def write_hosts(step):
    """A hosts file for this step, in which <service>-<session> is where the service is. Returns its path."""
    try:
        with open("/etc/hosts", encoding="utf-8", errors="surrogateescape") as source:
            lines = source.read().rstrip("\n") + "\n"
    except OSError:
        lines = "127.0.0.1 localhost\n"
    for service in step.services:
        lines += f"{service.get('host') or '127.0.0.1'} {service.get('name')}-{step.session_uuid} {service.get('name')}\n"
    file = os.path.join(step.folder, "hosts")
    with open(file, "w", encoding="utf-8", errors="surrogateescape") as out:
        out.write(lines)
    return os.path.realpath(file)
