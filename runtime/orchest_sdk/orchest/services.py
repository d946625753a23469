"""The services of the pipeline."""
import copy
import json
import os

from . import _pipeline
from .error import ServiceNotFound, UnrecognizedSessionType


def get_services():
    """All services by name, each as the pipeline file has it, with internal_hostname, external_urls and base_paths; and, of our own,
    with addresses: where each port is to be reached from this step."""
    kind = os.environ.get("ORCHEST_SESSION_TYPE")
    if kind != "noninteractive":
        raise UnrecognizedSessionType(f"ORCHEST_SESSION_TYPE is {kind!r}; services are known for noninteractive sessions, which is what jobs are.")
    running = {service.get("name"): service for service in json.loads(os.environ.get("SWITCHYARD_SERVICES") or "[]")}
    return {name: _described(service, running.get(name)) for name, service in (_pipeline.load().get("services") or {}).items()}


def get_service(name):
    """One service."""
    try:
        return get_services()[name]
    except KeyError:
        raise ServiceNotFound(f"Could not find service with name {name}") from None


def _described(service, running):
    described = copy.deepcopy(service)
    described.pop("scope", None)
    place = f"{service['name']}-{os.environ.get('ORCHEST_SESSION_UUID', '')}"
    prefix = "pbp-service" if service.get("preserve_base_path") else "service"
    paths = {port: f"/{prefix}-{place}_{port}" for port in service.get("ports") or []}
    described["internal_hostname"] = place
    described["external_urls"] = {port: "http://{host_name}:{port}" + path for port, path in paths.items()}
    described["base_paths"] = paths
    if running is not None:
        described["addresses"] = {port: f"{running.get('host') or '127.0.0.1'}:{(running.get('ports') or {}).get(str(port), port)}" for port in paths}
    return described
