"""The libraries of a task: a virtual environment for each set of them, made once by whoever needs it first and never changed
afterwards. Its name says what is in it: the content of the files, the texts of the requirements, the Python."""
from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile

from . import venvs

_LOG_LIMIT = 64 * 1024


class LibraryFailed(Exception):
    """A library that cannot be installed. `log` is what pip wrote."""

    def __init__(self, message, log=""):
        super().__init__(message)
        self.log = log


def environment(asked):
    """The directory of the environment for what `asked` (libraries.json) names; None when that is nothing."""
    wheels, packages = asked.get("wheels") or [], asked.get("packages") or []
    requirements = [_Requirements(file, asked) for file in asked.get("requirements") or []]
    for entry in wheels:
        if not os.path.isfile(entry["file"]):
            raise LibraryFailed(f"Library {entry['name']} is not there. Put the file in place before the task starts.")
    if not (wheels or packages or requirements):
        return None
    root = asked["directory"]
    os.makedirs(root, exist_ok=True)
    place = os.path.join(root, _name(wheels, packages, requirements))
    if os.path.exists(place):
        return os.path.realpath(place)
    with open(place + ".lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # all others wait for the one that builds
        if not os.path.exists(place):
            _build(place, wheels, packages, requirements)
    return os.path.realpath(place)


def _name(wheels, packages, requirements):
    digest = hashlib.sha256()

    def add(*parts):
        for part in parts:
            data = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogateescape")
            digest.update(len(data).to_bytes(8, "big") + data)

    add("1", os.path.realpath(sys.executable), platform.python_version())
    for entry in wheels:
        add("wheel", os.path.basename(entry["file"]), _content(entry["file"]))
    for entry in requirements:
        for text in entry.everything():
            add("requirements", text)
    for entry in packages:
        add("package", entry["package"], entry.get("repo") or "")
    return digest.hexdigest()[:32]


def _build(place, wheels, packages, requirements):
    for left in os.listdir(os.path.dirname(place)):
        if left.startswith(os.path.basename(place) + ".new-"):
            shutil.rmtree(os.path.join(os.path.dirname(place), left), ignore_errors=True)  # of a builder that was killed
    # Programs of an environment name its path, so that it stays where it was made; what is put in place is a link to it.
    directory = tempfile.mkdtemp(prefix=os.path.basename(place) + ".new-", dir=os.path.dirname(place))
    try:
        log = os.path.join(directory, "pip.log")
        with open(log, "w+b") as out:
            try:
                python = venvs.make(directory, out)
            except venvs.NotMade as error:
                raise LibraryFailed(str(error), _tail(out)) from None
            for words, folder, what in _calls(wheels, packages, requirements, directory):
                code = subprocess.call([python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *words], cwd=folder,
                                       stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
                if code != 0:
                    said = _tail(out)
                    errors = [line for line in said.splitlines() if line.startswith("ERROR:")]
                    raise LibraryFailed(f"Library installation failed for {what}: {errors[-1][6:].strip() if errors else f'pip ended with code {code}'}", said)
        link = os.path.join(directory, ".link")
        os.symlink(os.path.basename(directory), link)
        os.replace(link, place)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise


def _calls(wheels, packages, requirements, directory):
    """What pip is asked, one after the other: (arguments, directory it runs in, name for people)."""
    files = [entry["file"] for entry in wheels]
    plain = [entry["package"] for entry in packages if not entry.get("repo")]
    if files or plain:
        yield ["--", *files, *plain], directory, ", ".join([entry["name"] for entry in wheels] + plain)
    for repository in dict.fromkeys(entry["repo"] for entry in packages if entry.get("repo")):
        there = [entry["package"] for entry in packages if entry.get("repo") == repository]
        yield [f"--index-url={repository}", "--", *there], directory, ", ".join(there)
    for number, entry in enumerate(requirements):
        yield ["-r", entry.readable(os.path.join(directory, f"requirements-{number}.txt"))], entry.folder, entry.name


class _Requirements:
    """A requirements file: what it says and what it leads to."""

    def __init__(self, entry, asked):
        self.file, self.name = entry["file"], entry["name"]
        self.folder = os.path.dirname(self.file)
        self._roots = {"/Workspace/": asked.get("workspace_root") or "", "dbfs:/": asked.get("dbfs_root") or "", "/dbfs/": asked.get("dbfs_root") or ""}
        if not os.path.isfile(self.file):
            raise LibraryFailed(f"Requirements file {self.name} is not there. Put it in place before the task starts.")

    def everything(self):
        """All that decides what is installed: its text, and the local files that it names."""
        open_files, seen = [self.file], set()
        while open_files:
            file = open_files.pop(0)
            if file in seen:
                continue
            seen.add(file)
            data = _content(file)
            yield data
            if file.endswith((".whl", ".zip", ".gz")):
                continue
            for word in data.decode("utf-8", "replace").split():
                local = os.path.join(os.path.dirname(file), self._local(word))
                if os.path.isfile(local):
                    open_files.append(local)

    def readable(self, copy):
        """The file as pip can read it: itself, or a copy in which workspace and dbfs:/ paths are paths of this machine."""
        text = _content(self.file).decode("utf-8", "surrogateescape")
        words = [[self._local(word) for word in line.split(" ")] for line in text.splitlines()]
        mapped = "\n".join(" ".join(line) for line in words)
        if mapped == "\n".join(text.splitlines()):
            return self.file
        for line in words:
            if line[0] in ("-r", "-c", "--requirement", "--constraint") and len(line) > 1:
                line[1] = os.path.join(self.folder, line[1])
        with open(copy, "w", encoding="utf-8", errors="surrogateescape") as out:
            out.write("\n".join(" ".join(line) for line in words) + "\n")
        return copy

    def _local(self, word):
        for prefix, root in self._roots.items():
            if root and word.startswith(prefix):
                place = os.path.realpath(os.path.join(root, word[len(prefix):].lstrip("/")))
                if os.path.commonpath([os.path.realpath(root), place]) == os.path.realpath(root):
                    return place
        return word


def _content(file):
    try:
        with open(file, "rb") as source:
            return source.read()
    except OSError as error:
        raise LibraryFailed(f"Library {os.path.basename(file)} cannot be read: {error.strerror}.") from None


def _tail(out):
    out.flush()
    out.seek(max(0, out.seek(0, os.SEEK_END) - _LOG_LIMIT))
    return out.read().decode("utf-8", "replace")
