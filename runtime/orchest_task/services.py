"""Waiting for the services of a run."""
from __future__ import annotations

import time

from .step import StepRefused

PATIENCE = 120  # seconds, for all together


def wait(services):
    """Returns when each port of each service takes connections."""
    if not services:
        return
    import socket

    deadline = time.monotonic() + PATIENCE
    for service in services:
        host = service.get("host") or "127.0.0.1"
        for inner, port in (service.get("ports") or {}).items():
            trouble = None
            while True:
                try:
                    socket.create_connection((host, int(port)), timeout=5).close()
                    break
                except OSError as error:
                    trouble = error
                if time.monotonic() > deadline:
                    raise StepRefused(f"the service {service.get('name')} does not answer on its port {inner} ({host}:{port}) after {PATIENCE} seconds: {trouble}")
                time.sleep(0.1)
