"""A notebook step: its cells one by one, the file itself saved after each, the log in the form `[1] text`, a page at the end."""
from __future__ import annotations

import json
import os
import subprocess
import sys

from switchyard_task import html, plain, runners, signals, trace
from switchyard_task.result import clean, write_atomically
from switchyard_task.source import Cell, Notebook, NotebookFormatError
from switchyard_task.task import RUNTIME_DIR, Task

from .cell_log import CellLog
from .step import PROJECT

# language: what gives Jupyter its kernel
_KERNELS = {
    "r": "Debian: apt-get install r-cran-irkernel",
    "julia": 'in Julia: using Pkg; Pkg.add("IJulia")',
    "javascript": "npm install -g tslab && tslab install, or ijavascript",
}


class KernelMissing(Exception):
    """A notebook in a language that no kernel here speaks."""


def main(file, folder, python=None):
    """The exit code of orchest_notebook.py."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # else ipykernel, once imported, warns in the log
    log = sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = CellLog(sys.__stdout__)
    failure = content = notebook = runner = None
    try:
        content = _read(file)
        notebook = Notebook(os.path.splitext(os.path.basename(file))[0], [_cell(entry) for entry in content["cells"]])
        language = _language(content)
        runner = _choose(language, python, file, folder)
        sys.path[:] = [os.path.dirname(file), *(entry for entry in sys.path if entry != RUNTIME_DIR)]
        task = Task(folder, {"path": file[len(PROJECT):], "file": file, "workspace_root": PROJECT})

        def progress():
            log.next_cell()
            _save(file, content, notebook)

        if runner == "jupyter":
            from switchyard_task import kernel
            spec = kernel.python_kernel(python or sys.executable) if language == "python" else _kernel_of(language)
            failure = kernel.run(task, notebook, progress, spec, bare=True)
        else:
            failure = plain.run(task, notebook, progress, bare=True)
    except BaseException as error:
        failure = trace.describe(error)
        log.write(failure[1])
    sys.stdout = sys.stderr = log
    if runner is not None:
        _save(file, content, notebook)
        _save_page(notebook, runner, content)
    if failure and failure[0].startswith(signals.Terminated.__name__):
        signals.die_of_sigterm()
    return 1 if failure else 0


def _read(file):
    with open(file, encoding="utf-8-sig") as source:
        try:
            content = json.load(source)
        except ValueError as error:
            raise NotebookFormatError(f"{file} is not valid JSON: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list) or content.get("nbformat") != 4:
        raise NotebookFormatError(f"{file} is not a Jupyter notebook of format 4. Save it again with a current Jupyter.")
    return content


def _language(content):
    about = content.get("metadata") or {}
    name = (about.get("kernelspec") or {}).get("language") or (about.get("language_info") or {}).get("name") or "python"
    return "python" if name.lower() in ("python", "python3", "ipython") else name.lower()


def _cell(entry):
    text = entry.get("source") or ""
    text = clean("".join(text) if isinstance(text, list) else str(text)).replace("\0", "")
    kind = {"code": "python", "markdown": "markdown"}.get(entry.get("cell_type"), "raw")
    return Cell(kind, text, text, tags=(entry.get("metadata") or {}).get("tags") or ())


def _choose(language, python, file, folder):
    """jupyter or plain. Where the environment's interpreter has no kernel, it runs the cells itself, in this process's place."""
    runner = runners.choose()
    if language != "python":
        if runner != "jupyter":
            raise KernelMissing(f"A notebook in {language} needs Jupyter. Debian: apt-get install python3-nbclient python3-ipykernel, and a kernel for {language} ({_remedy(language)})")
        return runner
    if python and os.path.realpath(os.path.dirname(python)) != os.path.realpath(os.path.dirname(sys.executable)):
        if runner == "plain" or subprocess.run([python, "-c", "import ipykernel"], stdin=subprocess.DEVNULL, capture_output=True).returncode != 0:
            if runners.wish() == "jupyter":
                raise KernelMissing(f"{python} has no ipykernel. Install it in the environment of this step.")
            os.execv(python, [python, "-u", os.path.join(RUNTIME_DIR, "orchest_notebook.py"), file, folder])
    return runner


def _kernel_of(language):
    from jupyter_client.kernelspec import KernelSpecManager
    known = KernelSpecManager()
    for name in sorted(known.find_kernel_specs(), reverse=True):
        spec = known.get_kernel_spec(name)
        if spec.language.lower() == language:
            return spec
    raise KernelMissing(f"No Jupyter kernel for {language} is installed on this node. Install one ({_remedy(language)})")


def _remedy(language):
    return _KERNELS.get(language, "see the list of kernels of the Jupyter project")


def _save(file, content, notebook):
    """Writes the notebook in its own place, with everything in it but the outputs as it was."""
    for entry, cell in zip(content["cells"], notebook.cells):
        if cell.execution_count is not None:
            entry["outputs"], entry["execution_count"] = cell.outputs, cell.execution_count
    mode = os.stat(file).st_mode & 0o777
    write_atomically(file, (json.dumps(content, indent=1, default=str) + "\n").encode("ascii"))
    os.chmod(file, mode)


def _save_page(notebook, runner, content):
    folder = os.path.join(PROJECT, ".orchest", "pipelines", os.environ["ORCHEST_PIPELINE_UUID"], "notebooks")
    try:
        os.makedirs(folder, exist_ok=True)
        write_atomically(os.path.join(folder, os.environ["ORCHEST_STEP_UUID"] + ".html"), html.page(notebook, runner, content).encode("utf-8"))
    except OSError as error:
        print(f"The page of this notebook could not be written: {error}")
