"""The pipeline file of a run: written once, with the run's parameters in it, however many steps start at the same moment."""
import fcntl
import json
import os

from .step import StepRefused


def write_once(step):
    """Writes it unless a step of this run did. A lock beside the working copy makes the others wait, and its one byte says that
    it is done: what a step changes in the file later stays."""
    file = step.pipeline_file
    marker = step.project.rstrip("/") + ".pipeline-written"
    try:
        with open(marker, "a+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if os.fstat(lock.fileno()).st_size == 0:
                os.makedirs(os.path.dirname(file), exist_ok=True)
                temporary = f"{file}.{os.getpid()}.tmp"
                with open(temporary, "w", encoding="utf-8") as out:
                    json.dump(step.definition(), out, indent=4, sort_keys=True)
                os.replace(temporary, file)
                lock.write(b"1")
    except OSError as error:
        raise StepRefused(f"the pipeline file of this run cannot be written: {error}") from None
    return file
