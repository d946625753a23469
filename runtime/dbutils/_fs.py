"""dbutils.fs: files of dbfs:/ (a directory of the server, $SWITCHYARD_DBFS_ROOT) and of this machine (file:/)."""
from __future__ import annotations

import os
import shutil
from collections import namedtuple

from ._part import Part

# Where the server keeps what is being written into dbfs:/; it shows it to nobody either.
WORK_FOLDER = ".yard-work"


class FileInfo(namedtuple("FileInfo", "path name size modificationTime")):
    """One entry of a listing. The name of a directory ends with a slash."""
    __slots__ = ()

    def isDir(self):
        return self.name.endswith("/")

    def isFile(self):
        return not self.isDir()


class FileSystem(Part):
    def ls(self, dir):
        """The entries of a directory, or the one file named."""
        place = _Place(dir)
        if not os.path.lexists(place.local):
            raise FileNotFoundError(f"No file or directory exists on path {dir}.")
        if os.path.isfile(place.local):
            return [place.info()]
        hidden = WORK_FOLDER if place.local == place.root else None
        return [place.child(name).info() for name in sorted(os.listdir(place.local)) if name != hidden]

    def head(self, file, maxBytes=65536):
        """The first bytes of a file, as text."""
        with open(_Place(file).local, "rb") as source:
            return source.read(max(0, int(maxBytes))).decode("utf-8", "replace")

    def put(self, file, contents, overwrite=False):
        """Writes a text to a file, as UTF-8."""
        place = _Place(file)
        data = contents if isinstance(contents, bytes) else str(contents).encode("utf-8")
        os.makedirs(os.path.dirname(place.local), exist_ok=True)
        try:
            with open(place.local, "wb" if overwrite else "xb") as out:
                out.write(data)
        except FileExistsError:
            raise FileExistsError(f"{file} exists already; pass overwrite=True to replace it.") from None
        print(f"Wrote {len(data)} bytes.")
        return True

    def mkdirs(self, dir):
        """Creates a directory and those above it."""
        os.makedirs(_Place(dir).local, exist_ok=True)
        return True

    def rm(self, dir, recurse=False):
        """Removes a file or an empty directory; with recurse=True a whole directory. False when there is none."""
        place = _Place(dir)
        place.refuse_root("removed")
        if not os.path.lexists(place.local):
            return False
        if os.path.isdir(place.local) and not os.path.islink(place.local):
            if recurse:
                shutil.rmtree(place.local)
            elif os.listdir(place.local):
                raise OSError(f"{dir} is a directory that is not empty; pass recurse=True to remove it.")
            else:
                os.rmdir(place.local)
        else:
            os.unlink(place.local)
        return True

    def cp(self, from_, to, recurse=False):
        """Copies a file; with recurse=True a directory."""
        source, target = _Place(from_), _Place(to)
        if os.path.isdir(source.local):
            if not recurse:
                raise IsADirectoryError(f"{from_} is a directory; pass recurse=True to copy it.")
            if os.path.commonpath([source.local, target.local]) == source.local:
                raise OSError(f"{from_} cannot be copied into itself.")
            shutil.copytree(source.local, target.local, dirs_exist_ok=True)
        else:
            into = target.child(os.path.basename(source.local)) if os.path.isdir(target.local) else target
            os.makedirs(os.path.dirname(into.local), exist_ok=True)
            shutil.copyfile(source.local, into.local)
        return True

    def mv(self, from_, to, recurse=False):
        """Moves a file; with recurse=True a directory."""
        _Place(from_).refuse_root("moved")
        self.cp(from_, to, recurse)
        return self.rm(from_, recurse)

    def mount(self, *arguments, **named):
        """Not available here."""
        raise NotImplementedError("dbutils.fs.mount is not available: there is no cloud storage here. Use a path of this machine (file:/...) or dbfs:/.")


class _Place:
    """A path as written, and the file it means."""

    def __init__(self, path):
        path = str(path)
        if "\0" in path:
            raise ValueError("A path cannot contain a NUL character.")
        if path.startswith("file:"):
            self.scheme, self.root, self.rest = "file:", os.sep, _strip(path[5:])
        else:
            if path.startswith("dbfs:"):
                inner = path[5:]
            elif path == "/dbfs" or path.startswith("/dbfs/"):
                inner = path[5:]
            elif "://" in path or not path.startswith("/"):
                raise ValueError(f"{path!r} is no path of dbutils.fs: paths start with dbfs:/, /dbfs/, / or file:/.")
            else:
                inner = path
            root = os.environ.get("SWITCHYARD_DBFS_ROOT")
            if not root:
                raise RuntimeError(f"{path} is not available: this server has no DBFS directory (SWITCHYARD_DBFS_ROOT). Use file:/ paths.")
            self.scheme, self.root, self.rest = "dbfs:", os.path.realpath(root), _strip(inner)
        # Links are followed before the check; the last part is not, so that a link itself can be removed.
        wanted = os.path.normpath(os.path.join(self.root, self.rest))
        parent = os.path.realpath(os.path.dirname(wanted))
        self.local = wanted if wanted == self.root else os.path.join(parent, os.path.basename(wanted))
        for seen in (self.local, os.path.realpath(self.local)):
            if os.path.commonpath([self.root, seen]) != self.root:
                raise PermissionError(f"{path} leads out of {self.scheme}/.")

    def child(self, name):
        return _Place(f"{self.scheme}/{self.rest.rstrip('/')}/{name}")

    def info(self):
        about = os.stat(self.local) if os.path.exists(self.local) else os.lstat(self.local)
        slash = "/" if os.path.isdir(self.local) else ""
        name = os.path.basename(self.local) + slash
        shown = "/" + "/".join(part for part in self.rest.split("/") if part) + slash
        return FileInfo(self.scheme + shown, name, 0 if slash else about.st_size, int(about.st_mtime * 1000))

    def refuse_root(self, verb):
        if self.local == self.root:
            raise PermissionError(f"{self.scheme}/ itself cannot be {verb}.")


def _strip(path):
    return path.lstrip("/")
