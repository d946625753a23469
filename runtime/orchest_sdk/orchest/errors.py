"""The other name of the module `error`."""
from .error import *  # noqa: F401,F403
