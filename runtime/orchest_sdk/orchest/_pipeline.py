"""The pipeline file and the step of this process."""
import json
import os

from .error import PipelineDefinitionNotFoundError, StepUUIDResolveError


def load():
    """The pipeline of this process. Read each time, because a step may change the file."""
    path = os.environ.get("ORCHEST_PIPELINE_PATH") or "/pipeline.json"
    try:
        with open(path, encoding="utf-8") as source:
            return json.load(source)
    except FileNotFoundError:
        raise PipelineDefinitionNotFoundError(f"Could not open {path}.") from None


def step_uuid():
    """The uuid of this process's step."""
    found = os.environ.get("ORCHEST_STEP_UUID")
    if not found:
        raise StepUUIDResolveError("Could not resolve the pipeline step UUID: ORCHEST_STEP_UUID is not set.")
    return found


def step(pipeline, uuid=None):
    """A step of a pipeline, this process's own by default."""
    uuid = uuid or step_uuid()
    try:
        return pipeline["steps"][uuid]
    except KeyError:
        raise StepUUIDResolveError(f'The pipeline "{pipeline.get("name")}" has no step "{uuid}".') from None
