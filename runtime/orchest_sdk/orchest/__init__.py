"""What a step of an Orchest pipeline imports: parameters, data passing between steps, services. Written by us, for steps whose
interpreter has no `orchest` package; one that is installed is found behind this one and takes its place."""
import sys as _sys


def _installed():
    """The spec of another package of this name further down the path, or None."""
    import os

    here = os.path.realpath(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    whole = _sys.path[:]
    # Finders look along sys.path as it is at the moment.
    _sys.path[:] = [entry for entry in whole if os.path.realpath(entry or ".") != here]
    try:
        found = (finder.find_spec(__name__, None) for finder in _sys.meta_path if hasattr(finder, "find_spec"))
        # A mere directory of that name has no origin.
        return next((spec for spec in found if spec is not None and spec.loader is not None and spec.origin is not None), None)
    finally:
        _sys.path[:] = whole


def _give_way(spec):
    import importlib.util

    module = importlib.util.module_from_spec(spec)
    _sys.modules[__name__] = module
    spec.loader.exec_module(module)


_spec = _installed()
if _spec is not None:
    _give_way(_spec)
else:
    from . import error, errors, parameters, services, transfer
    from .parameters import get_pipeline_param, get_step_param
    from .services import get_service, get_services
    from .transfer import get_inputs, output

    __all__ = ["error", "errors", "get_inputs", "get_pipeline_param", "get_service", "get_services", "get_step_param", "output",
               "parameters", "services", "transfer"]
