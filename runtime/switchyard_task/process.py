"""Children of a task: their output passes through sys.stdout, so that it is in the notebook as in the log."""
from __future__ import annotations

import codecs
import subprocess
import sys
import threading
import time


def relay(child, timeout=None):
    """Passes a child's output on as it comes; returns its exit code. Raises TimeoutExpired after `timeout` seconds."""
    pumps = [threading.Thread(target=_pump, args=(pipe, out), daemon=True)
             for pipe, out in ((child.stdout, sys.stdout), (child.stderr, sys.stderr)) if pipe]
    for pump in pumps:
        pump.start()
    deadline = None if timeout is None else time.monotonic() + timeout
    code = child.wait(timeout)
    # A grandchild may hold the pipe open for ever; what the child wrote is there at once.
    for pump in pumps:
        pump.join(5 if deadline is None else max(0.1, min(5, deadline - time.monotonic())))
    return code


def stop(child):
    """Ends a child that still runs: asks, waits five seconds, then kills."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _pump(pipe, out):
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while True:
        data = pipe.read1(65536)
        text = decoder.decode(data, final=not data)
        if text:
            out.write(text)
            out.flush()
        if not data:
            pipe.close()
            return
