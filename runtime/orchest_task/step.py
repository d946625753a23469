"""What is to run: step.json or service.json as the server wrote it, and the command and the variables that follow from it."""
import json
import os
import posixpath
import re

RUNTIME_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SDK_DIR = os.path.join(RUNTIME_DIR, "orchest_sdk")

# Where a step finds things. The published SDK knows the first by heart.
PROJECT = "/project-dir"
DATA = "/data"
PIPELINE = "/pipeline.json"

# extension: (program, what to install)
_PROGRAMS = {
    "r": ("Rscript", "R (Debian: apt-get install r-base-core)"),
    "sh": ("bash", "bash (Debian: apt-get install bash)"),
    "": ("bash", "bash (Debian: apt-get install bash)"),
    "jl": ("julia", "Julia (Debian, where the release has it: apt-get install julia; else the archive from julialang.org, with julia on the server's PATH)"),
    "js": ("node", "Node.js (Debian: apt-get install nodejs)"),
}
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


class StepRefused(Exception):
    """A step that cannot run, in words for its log."""


class Task:
    """One attempt of something that a run of a pipeline consists of: what steps and services have in common."""
    described_by = None
    in_container = own_network = False

    def __init__(self, data, folder):
        self.folder = folder
        self.project = _directory(data, "project_directory")
        self.data = _directory(data, "data_directory")
        self.pipeline_path = _inner_path(data, "pipeline_path")
        # The whole definition, or what is to be put into the one that lies in the project.
        self.pipeline, self.run_parameters = data.get("pipeline"), data.get("run_parameters")
        if not isinstance(self.pipeline if self.pipeline is not None else self.run_parameters, dict):
            raise StepRefused("step.json: neither pipeline nor run_parameters is an object.")
        self.pipeline_services = data.get("pipeline_services")
        self.pipeline_uuid, self.project_uuid, self.session_uuid = (_name(data, key) for key in ("pipeline_uuid", "project_uuid", "session_uuid"))
        self.environment = data.get("environment_directory")
        self.environment_uuid, self.environments = data.get("environment") or None, data.get("environments_directory")
        self.python = data.get("python") or "python3"
        self.notebook_python = data.get("notebook_python") or self.python
        self.search_path = data.get("path") or os.environ.get("PATH") or "/usr/local/bin:/usr/bin:/bin"
        self.services = data.get("services") or []
        self.service_wait_seconds = data.get("service_wait_seconds") or 120

    @classmethod
    def load(cls, folder):
        """Reads the file of an attempt's directory that describes it."""
        try:
            with open(os.path.join(folder, cls.described_by), encoding="utf-8-sig") as source:
                data = json.load(source)
        except (OSError, ValueError) as error:
            raise StepRefused(f"{cls.described_by} of {folder} cannot be read: {error}") from None
        if not isinstance(data, dict):
            raise StepRefused(f"{cls.described_by} of {folder} is not an object.")
        return cls(data, folder)

    @property
    def pipeline_file(self):
        """The pipeline file of this run, on the node."""
        return below(self.project, self.pipeline_path)

    def definition(self):
        """The pipeline definition of this run, with its parameters."""
        if self.pipeline is not None:
            return self.pipeline
        try:
            with open(self.pipeline_file, encoding="utf-8-sig") as source:
                found = json.load(source)
            found["parameters"] = self.run_parameters.get("pipeline_parameters", {})
            found.setdefault("settings", {})["auto_eviction"] = True
            if self.pipeline_services is not None:
                found["services"] = self.pipeline_services
            for uuid, about in found["steps"].items():
                about["parameters"] = self.run_parameters.get(uuid, about.get("parameters", {}))
        except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
            raise StepRefused(f"the pipeline {self.pipeline_path} cannot be read: {error!r}") from None
        return found

    @property
    def records(self):
        """The directory that the pipeline's logs, data and pages of this run lie in, on the node."""
        return below(self.project, f".orchest/pipelines/{self.pipeline_uuid}")

    def _search_variables(self):
        """This process's variables, with the node's programs and those of the environment to be found."""
        found = dict(os.environ)
        found["PATH"] = self.search_path
        if self.environment:
            found["PATH"] = os.path.join(self.environment, "bin") + os.pathsep + found["PATH"]
            found["VIRTUAL_ENV"] = self.environment
        found.setdefault("PYTHONUNBUFFERED", "1")
        return found


class Step(Task):
    """One attempt of a step."""
    described_by = "step.json"

    def __init__(self, data, folder):
        super().__init__(data, folder)
        self.step_uuid = _name(data, "step_uuid")
        about = data
        if self.pipeline is not None:
            steps = self.pipeline.get("steps")
            about = steps.get(self.step_uuid) if isinstance(steps, dict) else None
            if not isinstance(about, dict):
                raise StepRefused(f"The pipeline {self.pipeline_path} has no step {self.step_uuid}.")
        self.file_path = about.get("file_path")
        if not isinstance(self.file_path, str) or not self.file_path or "\0" in self.file_path:
            raise StepRefused(f"The step {about.get('title') or self.step_uuid} of {self.pipeline_path} names no file (file_path).")

    def inside_words(self):
        """What Python is told to begin the second half, inside bubblewrap."""
        return [os.path.join(RUNTIME_DIR, "orchest_step.py"), "inside", self.environment or ""]

    def program(self):
        """(program, arguments, directory) that run it. To be asked inside the private view only."""
        file = self.file()
        return (*self.command(file), os.path.dirname(file))

    def file(self):
        """The file that runs, as the step sees it. To be asked inside the private view only."""
        path = posixpath.normpath(posixpath.join(PROJECT, posixpath.dirname(self.pipeline_path), self.file_path))
        for place in (path, os.path.realpath(path)):
            if not place.startswith((PROJECT + "/", DATA + "/")):
                raise StepRefused(f'the file "{self.file_path}" leads to {place}, which is neither in the project nor in {DATA}')
        if not os.path.isfile(path):
            raise StepRefused(f'could not find file "{path}"')
        return path

    def command(self, file):
        """(program, arguments) that run a file, by its extension."""
        name = posixpath.basename(file)
        extension = name.rsplit(".", 1)[1].lower() if "." in name else ""
        path = self.variables()["PATH"]
        if extension == "py":
            wanted = self._own_python() or self.python
            program = find(wanted, path)
            if program is None:
                raise StepRefused(f"{name} needs Python, and {wanted} is not there. Debian: apt-get install python3")
            return program, [program, file]
        if extension == "ipynb":
            program = find(self.notebook_python, path)
            if program is None:
                raise StepRefused(f"{name} needs Python, and {self.notebook_python} is not there. Debian: apt-get install python3-nbclient python3-ipykernel python3-nbconvert")
            own = [self._own_python()] if self.environment else []
            return program, [program, "-u", os.path.join(RUNTIME_DIR, "orchest_notebook.py"), file, self.folder, *own]
        if extension not in _PROGRAMS:
            raise StepRefused(f'files with the extension "{extension}" are not run ({name}); known are py, ipynb, r, sh, jl, js and no extension (bash)')
        word, remedy = _PROGRAMS[extension]
        program = find(word, path)
        if program is None:
            raise StepRefused(f"{name} needs {word}, which is not installed on this node. Install {remedy}")
        return program, [program, file]

    def _own_python(self):
        return os.path.join(self.environment, "bin", "python") if self.environment else None

    def variables(self):
        """The step's environment: the user's variables, which came with this process, and ours over them."""
        found = self._search_variables()
        found["PYTHONPATH"] = os.pathsep.join(part for part in (found.get("PYTHONPATH"), SDK_DIR) if part)
        found.update(ORCHEST_STEP_UUID=self.step_uuid, ORCHEST_SESSION_UUID=self.session_uuid, ORCHEST_SESSION_TYPE="noninteractive",
                     ORCHEST_PIPELINE_UUID=self.pipeline_uuid, ORCHEST_PIPELINE_PATH=PIPELINE, ORCHEST_PROJECT_UUID=self.project_uuid,
                     ORCHEST_NAMESPACE="orchest", ORCHEST_CLUSTER="cluster-1")
        if self.services:
            found["SWITCHYARD_SERVICES"] = json.dumps(self.services)
        return found


def find(program, path):
    """A program's place, or None."""
    if "/" in program:
        return program if os.access(program, os.X_OK) else None
    for folder in path.split(os.pathsep):
        place = os.path.join(folder or ".", program)
        if os.path.isfile(place) and os.access(place, os.X_OK):
            return place
    return None


def _directory(data, key):
    value = data.get(key)
    if not isinstance(value, str) or not value.startswith("/"):
        raise StepRefused(f"step.json: {key} is not an absolute path: {value!r}")
    return value


def _inner_path(data, key):
    value = data.get(key)
    clean = posixpath.normpath(value) if isinstance(value, str) and value else ""
    if clean in ("", ".") or clean.startswith(("/", "../")) or clean == ".." or "\0" in clean:
        raise StepRefused(f"step.json: {key} is not a path inside the project: {value!r}")
    return clean


def _name(data, key):
    value = data.get(key)
    if not isinstance(value, str) or not _PLAIN_NAME.fullmatch(value):
        raise StepRefused(f"step.json: {key} is not a uuid: {value!r}")
    return value


def below(root, path):
    """A place in a directory whose contents are not trusted: a symbolic link must not lead out of it."""
    root = os.path.realpath(root)
    place = os.path.realpath(os.path.join(root, path))
    if not place.startswith(root + "/"):
        raise StepRefused(f"{path} leads out of the project, to {place}")
    return place
