"""Data from step to step, as files in the run's copy of the project:
/project-dir/.orchest/pipelines/<pipeline>/data/<step>/ holds HEAD (`time; serialization; name`) and <step>.<serialization>."""
import datetime
import enum
import os
import pickle
import sys
import tempfile
import warnings

from . import _pipeline
from .error import (DataInvalidNameError, DeserializationError, DiskOutputNotFoundError, InputNameCollisionError, InvalidMetaDataError,
                    OutputNotFoundError, SerializationError)

_SEPARATOR = "; "
_UNNAMED = "unnamed"
_ROOT = "/project-dir/.orchest/pipelines"


class Serialization(enum.Enum):
    """How data lies on disk. Arrow data is that of pyarrow, and needs it."""
    ARROW_TABLE = 0
    ARROW_BATCH = 1
    PICKLE = 2


def output(data, name):
    """Puts out the data of this step, for the steps after it. A second call replaces the first. `name` may be None."""
    output_to_disk(data, name)


def output_to_memory(data, name, disk_fallback=True):
    """Warns and does what output does: data is not passed in memory."""
    warnings.warn("Data is not passed in memory; it is written to disk.", stacklevel=2)
    output_to_disk(data, name)


def output_to_disk(data, name, serialization=None):
    """As output. With a `serialization`, `data` is bytes that are serialized already."""
    if name is not None and not isinstance(name, str):
        raise DataInvalidNameError("Name should be of type string or `None`.")
    if name == _UNNAMED:
        raise DataInvalidNameError(f"'{_UNNAMED}' is a reserved `name`.")
    if name is not None and _SEPARATOR in name:
        raise DataInvalidNameError(f"'{_SEPARATOR}' cannot be part of the `name`.")
    if serialization is None:
        data, serialization = _serialized(data)
    pipeline, step = _pipeline.load(), _pipeline.step_uuid()
    folder = _folder(pipeline, step)
    os.makedirs(folder, exist_ok=True)
    # The data first: a HEAD always speaks of a file that is whole.
    _replace(os.path.join(folder, f"{step}.{serialization.name}"), data)
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    _replace(os.path.join(folder, "HEAD"), _SEPARATOR.join((now, serialization.name, _UNNAMED if name is None else name)).encode("utf-8"))


def get_inputs(ignore_failure=False, verbose=False):
    """The data of the steps before this one: named data under its name, the rest in the list "unnamed", in the order of the
    connections. With `ignore_failure`, None stands for what cannot be had."""
    pipeline = _pipeline.load()
    found, givers = {_UNNAMED: []}, {}
    for parent in _pipeline.step(pipeline).get("incoming_connections") or []:
        title = _pipeline.step(pipeline, parent).get("title")
        name, got = _UNNAMED, True
        try:
            serialization, name = _head(pipeline, parent, title)
            data = _read(os.path.join(_folder(pipeline, parent), f"{parent}.{serialization}"), serialization, parent, title)
        except (OutputNotFoundError, DeserializationError, InvalidMetaDataError):
            if not ignore_failure:
                raise
            data, got = None, False
        if name == _UNNAMED:
            found[_UNNAMED].append(data)
        elif name in givers:
            raise InputNameCollisionError(f'The steps "{givers[name]}" and "{title}" both put out data with the name "{name}". Give one of them another name.')
        else:
            found[name], givers[name] = data, title
        if verbose:
            print(f'{"Retrieved" if got else "Failed to retrieve"} input from step: "{title}"')
    return found


def _folder(pipeline, step):
    return os.path.join(_ROOT, os.environ.get("ORCHEST_PIPELINE_UUID") or pipeline["uuid"], "data", step)


def _head(pipeline, step, title):
    try:
        with open(os.path.join(_folder(pipeline, step), "HEAD"), encoding="utf-8") as source:
            parts = source.read().split(_SEPARATOR)
    except FileNotFoundError:
        raise _nothing(step, title) from None
    if len(parts) != 3 or parts[1] not in Serialization.__members__:
        raise InvalidMetaDataError(f'The HEAD of the output of step "{title}" ("{step}") is not understood: {_SEPARATOR.join(parts)[:200]!r}.')
    return parts[1], parts[2]


def _nothing(step, title):
    return DiskOutputNotFoundError(f'Output from incoming step "{title}" ("{step}") cannot be found. Try rerunning it.')


def _serialized(data):
    arrow = sys.modules.get("pyarrow")  # who has such data has loaded it
    if arrow is not None and isinstance(data, (arrow.Table, arrow.RecordBatch)):
        sink = arrow.BufferOutputStream()
        with arrow.ipc.new_stream(sink, data.schema) as writer:
            writer.write(data)
        return sink.getvalue(), Serialization.ARROW_TABLE if isinstance(data, arrow.Table) else Serialization.ARROW_BATCH
    try:
        return pickle.dumps(data), Serialization.PICKLE
    except Exception as error:  # whatever the data's own code raises
        raise SerializationError(f"Could not pickle data of type {type(data)}: {error}") from error


def _read(file, serialization, step, title):
    try:
        with open(file, "rb") as source:
            if serialization == Serialization.PICKLE.name:
                return pickle.load(source)
            return _read_arrow(source, serialization, title)
    except FileNotFoundError:
        raise _nothing(step, title) from None
    except DeserializationError:
        raise
    except Exception as error:
        raise DeserializationError(f'Output from incoming step "{title}" ("{step}") could not be deserialized: {type(error).__name__}: {error}') from error


def _read_arrow(source, serialization, title):
    try:
        import pyarrow
    except ImportError:
        raise DeserializationError(f'The output of step "{title}" is Arrow data ({serialization}), which takes the package pyarrow. '
                                   "Install it in the environment of this step.") from None
    stream = pyarrow.ipc.open_stream(source.read())
    return stream.read_all() if serialization == Serialization.ARROW_TABLE.name else stream.read_next_batch()


def _replace(file, data):
    handle, temporary = tempfile.mkstemp(prefix=".tmp-", dir=os.path.dirname(file))
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        os.chmod(temporary, 0o664)
        os.replace(temporary, file)
    except BaseException:
        os.unlink(temporary)
        raise
