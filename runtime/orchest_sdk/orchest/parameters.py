"""The parameters of the step and of the pipeline. The two never mix, whatever their names."""
from . import _pipeline


def get_params():
    """(parameters of this step, parameters of the pipeline)."""
    pipeline = _pipeline.load()
    return _pipeline.step(pipeline).get("parameters") or {}, pipeline.get("parameters") or {}


def get_step_param(name, default=None):
    """A parameter of this step."""
    return get_params()[0].get(name, default)


def get_pipeline_param(name, default=None):
    """A parameter of the pipeline."""
    return (_pipeline.load().get("parameters") or {}).get(name, default)
