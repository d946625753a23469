"""A program that a task is: its output passes through, its end is the task's end."""
from __future__ import annotations

import signal
import subprocess
import sys
import threading

from . import result
from .signals import die_of_sigterm

_KEPT = 64 * 1024


def run(folder, words, environment=None, cwd=None):
    """Runs the program; returns its exit code, and keeps the end of its error output as the task's failure."""
    try:
        child = subprocess.Popen(words, env=environment, cwd=cwd, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except OSError as error:
        return fail(folder, f"{words[0]} cannot be started: {error.strerror}")
    asked = []

    def pass_on(number, _):
        asked.append(number)
        child.terminate()

    signal.signal(signal.SIGTERM, pass_on)
    kept = bytearray()
    pump = threading.Thread(target=_pump, args=(child.stderr, kept), daemon=True)
    pump.start()
    code = child.wait()
    # A grandchild may hold the pipe open for ever.
    pump.join(5)
    if code != 0:
        said = bytes(kept).decode("utf-8", "replace")
        result.set_error(folder, _line(said) or f"{words[0]} ended with code {code}", said)
    if asked and code < 0:
        die_of_sigterm()
    return code if code >= 0 else 128 - code


def fail(folder, why):
    """A task that cannot run: says so in the log and in the result."""
    print(why, file=sys.stderr)
    result.set_error(folder, why, why + "\n")
    return 1


def _pump(pipe, kept):
    while data := pipe.read1(65536):
        sys.stderr.buffer.write(data)
        sys.stderr.buffer.flush()
        kept += data
        del kept[:-_KEPT]


def _line(said):
    """The line that names the failure: of a Java trace the exception, else the last one."""
    lines = [line for line in said.splitlines() if line.strip()]
    thrown = [line for line in lines if line.startswith("Exception in thread ")]
    return thrown[0].split('" ', 1)[-1] if thrown else (lines[-1] if lines else "")
