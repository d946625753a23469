"""The Jupyter runner: cells run in a real kernel of this same interpreter, through nbclient."""
from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time

from . import document
from .magics import LanguageNotAvailable, refuse_language
from .signals import NotebookExit, RestartPython, Terminated
from .task import RUNTIME_DIR

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
# A Unix socket's path is at most 107 bytes; the kernel adds "-ipc-1" and the like.
_SOCKET_PATH_LIMIT = 70
_STOP_SECONDS = 10
_STOPPED = (f"{Terminated.__name__}: the task was asked to stop (SIGTERM)", "The task was asked to stop (SIGTERM).\n")


class KernelNotStarted(Exception):
    """No cell has run, because there is no kernel to run it."""


def run(task, notebook, progress, spec=None, bare=False):
    """Runs the notebook. Returns None on success, else (last line, traceback). `progress()` is called after each cell.
    `spec` is the kernel's specification, this interpreter by default; a `bare` kernel gets no dbutils and no magics of ours."""
    return asyncio.run(_run(_Session(task, notebook, spec, bare), progress))


async def _run(session, progress):
    work = asyncio.current_task()

    def ask_to_stop():
        session.stopping = True
        work.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ask_to_stop)
    try:
        try:
            try:
                await session.start()
            except Exception as error:
                raise KernelNotStarted(f"The notebook's kernel did not start: {type(error).__name__}: {error}") from error
            return await session.cells(progress)
        finally:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: None)
            await session.stop()
    except asyncio.CancelledError:
        return _STOPPED


class _Session:
    """One kernel and the notebook it runs."""

    def __init__(self, task, notebook, spec, bare):
        self._task = task
        self._notebook = notebook
        self._spec = spec or python_kernel(sys.executable)
        self._bare = bare
        self._folder = None
        self._client = None
        self.stopping = False

    async def start(self):
        from jupyter_client.manager import AsyncKernelManager

        folder = os.path.join(self._task.attempt_dir, ".kernel")
        self._folder = tempfile.mkdtemp(prefix="yk-") if len(folder) > _SOCKET_PATH_LIMIT else folder
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        manager = AsyncKernelManager(kernel_name="python3", connection_file=os.path.join(self._folder, "kernel.json"))
        if self._spec.language == "python":
            # Sockets in a private directory instead of TCP ports, which other users could reach and other kernels could take.
            # Kernels of other languages may know TCP only.
            manager.transport = "ipc"
            manager.ip = os.path.join(self._folder, "k")
        manager._kernel_spec = self._spec
        environment = dict(os.environ, PYDEVD_DISABLE_FILE_VALIDATION="1", IPYTHONDIR=os.path.join(self._folder, "ipython"),
                           JUPYTER_RUNTIME_DIR=self._folder)
        self._client = _client_class()(_node(self._notebook), km=manager, timeout=None, startup_timeout=120)
        self._client.current = None
        self._client.reset_execution_trackers()
        await self._client.async_start_new_kernel(cwd=os.getcwd(), env=environment)
        await self._client.async_start_new_kernel_client()
        await self._prepare()

    async def _prepare(self):
        if self._spec.language != "python":
            return
        call = "bare()" if self._bare else f"install({os.getcwd()!r})"
        await self._hidden(f"import sys\nsys.path.insert(0, {RUNTIME_DIR!r})\nimport switchyard_task.kernel_setup as _setup\n_setup.{call}\ndel sys, _setup")

    async def _hidden(self, code):
        reply = await _awaited(self._client.kc.execute(code, store_history=False, reply=True, timeout=120))
        if reply["content"]["status"] != "ok":
            raise RuntimeError("The notebook's kernel could not be prepared:\n" + _ANSI.sub("", "\n".join(reply["content"].get("traceback", []))))

    async def cells(self, progress):
        from nbclient.exceptions import CellExecutionError, DeadKernelError

        count = 0
        for index, cell in enumerate(self._notebook.cells):
            if not cell.runs:
                cell.state = "skipped" if "skip" in cell.tags else "done"
                continue
            count += 1
            cell.outputs, cell.execution_count = [], count
            began = time.monotonic()
            failure, leave, restart = None, False, False
            try:
                await self._execute(index, cell, count)
            except CellExecutionError as error:
                name = error.ename
                if name == NotebookExit.__name__:
                    leave = True
                    cell.outputs.append({"output_type": "display_data", "metadata": {}, "data": {"text/plain": f"Notebook exited: {error.evalue}"}})
                elif name == RestartPython.__name__:
                    restart = True
                elif name == "SystemExit" and error.evalue in ("", "0", "None"):
                    leave = True
                else:
                    failure = _described(name, error.evalue, cell.outputs, error.traceback)
            except DeadKernelError:
                # nbclient takes a cancelled wait for a dead kernel.
                failure = _STOPPED if self.stopping else ("KernelDied: the kernel of this notebook died; a common cause is that memory ran out",) * 2
            except LanguageNotAvailable as error:
                text = f"LanguageNotAvailable: {error}"
                cell.outputs.append({"output_type": "error", "ename": "LanguageNotAvailable", "evalue": str(error), "traceback": [text]})
                print(text, file=sys.stderr)
                failure = (text, text + "\n")
            cell.seconds = time.monotonic() - began
            cell.state = "failed" if failure else "done"
            progress()
            if failure or leave:
                return failure
            if restart:
                await _awaited(self._client.km.restart_kernel(now=True))
                await self._client.kc.wait_for_ready(timeout=120)
                await self._prepare()
        return None

    async def _execute(self, index, cell, count):
        code = cell.code
        if cell.kind in ("shell", "fs", "html") or (cell.kind == "sql" and not self._bare):
            code = f"__magic__.{cell.kind}({cell.code!r})"
        elif cell.kind != "python":
            refuse_language(cell.kind)
        node = self._client.nb.cells[index]
        node.source = code
        self._client.current = cell.outputs
        try:
            await self._client.async_execute_cell(node, index, execution_count=None)
        finally:
            # A cleared or updated output changes the node, not what was streamed.
            kept = [dict(output) for output in node.outputs]
            cell.outputs[:] = [o for o in kept if not (o["output_type"] == "error" and o["ename"] in (NotebookExit.__name__, RestartPython.__name__))]

    async def stop(self):
        if self._client is not None:
            # The kernel first, and nothing without an end: joining the channels' thread was seen to stand still on a machine under heavy load.
            try:
                if self._client.km.has_kernel:
                    await asyncio.wait_for(_awaited(self._client.km.shutdown_kernel(now=True)), _STOP_SECONDS)
            except Exception as error:
                print(f"The kernel did not stop cleanly: {type(error).__name__} {error}", file=sys.stderr)
            if self._client.kc is not None:
                closing = threading.Thread(target=self._client.kc.stop_channels, daemon=True)
                closing.start()
                closing.join(_STOP_SECONDS)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


def python_kernel(program):
    """The kernel of an interpreter, whatever kernels the user has installed under the name python3."""
    from jupyter_client.kernelspec import KernelSpec
    return KernelSpec(argv=[program, "-m", "ipykernel_launcher", "-f", "{connection_file}"], display_name="Python 3", language="python")


def _client_class():
    from nbclient import NotebookClient

    class Relaying(NotebookClient):
        """Passes output on as it comes, and joins and caps streams as the plain runner does."""

        def output(self, outs, msg, display_id, cell_index):
            kind, content = msg["msg_type"], msg["content"]
            hooked = self.output_hook_stack[msg["parent_header"].get("msg_id")]
            if kind == "stream" and not hooked:
                _write(sys.stderr if content["name"] == "stderr" else sys.stdout, content["text"])
                if self.clear_before_next_output:
                    self.clear_output(outs, msg, cell_index)
                from nbformat.v4 import output_from_msg
                if not (outs and outs[-1]["output_type"] == "stream" and outs[-1]["name"] == content["name"]):
                    if len(outs) < document.OUTPUTS_LIMIT:
                        message = dict(msg, content=dict(content, text=""))
                        outs.append(output_from_msg(message))
                if outs and outs[-1]["output_type"] == "stream":
                    document.add_stream(outs, content["name"], content["text"])
                return outs[-1] if outs else None
            if kind == "error":
                if content["ename"] not in (NotebookExit.__name__, RestartPython.__name__):
                    _write(sys.stderr, _ANSI.sub("", "\n".join(content["traceback"])) + "\n")
            elif not hooked and "text/plain" in content.get("data", {}):
                _write(sys.stdout, content["data"]["text/plain"] + "\n")
            return super().output(outs, msg, display_id, cell_index)

    return Relaying


def _node(notebook):
    from nbformat.v4 import new_code_cell, new_notebook
    return new_notebook(cells=[new_code_cell("") for _ in notebook.cells])


def _described(name, value, outputs, trace):
    lines = next((o["traceback"] for o in reversed(outputs) if o["output_type"] == "error"), None)
    text = _ANSI.sub("", "\n".join(lines) if lines else str(trace))
    first = str(value).strip().split("\n", 1)[0]
    return (f"{name}: {first}" if first else name), text.rstrip("\n") + "\n"


def _write(out, text):
    out.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))
    out.flush()


async def _awaited(value):
    return await value if hasattr(value, "__await__") else value
