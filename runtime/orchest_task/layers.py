"""A run's working copy that is made of layers: the frozen project, which all runs have in common, and over it what the run
changes. All steps of a run that run at one time see one mount of it, in a mount namespace that they share and that ends with
the last of them; nobody else sees it, and nothing has to be unmounted: others find in the project's directory what the run
changed. Beside it lie `.lower`, a file that names the frozen tree; `.work`, the kernel's, and `.namespaces` are made here."""
import fcntl
import os

from . import mounts
from .step import StepRefused


def enter(project):
    """Moves this process to where the project of its run is whole. A copy with files of its own needs no moving."""
    try:
        with open(project + ".lower", encoding="utf-8") as source:
            lower = source.read()
    except FileNotFoundError:
        return
    here = os.getcwd()
    try:
        # Each line is a process of the run, which may have ended. Two mounts over the same changes must not be: one at a time.
        with open(project + ".namespaces", "a+", encoding="ascii") as book:
            fcntl.flock(book, fcntl.LOCK_EX)
            book.seek(0)
            if not any(_join(process, project) for process in book.read().split()):
                _lay(lower, project)
                book.truncate(0)
            book.write(f"{os.getpid()}\n")
    except OSError as error:
        raise StepRefused(f"the project of this run cannot be laid over its snapshot: {error.strerror or error}") from None
    os.chdir(here)


def _join(process, project):
    try:
        place = os.open(f"/proc/{process}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False  # it has ended
    own = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    try:
        mounts.call("setns", place, mounts.NEWNS)
        if os.path.ismount(project):
            return True
        # Another process has its number now.
        mounts.call("setns", own, mounts.NEWNS)
        return False
    finally:
        os.close(own)
        os.close(place)


def _lay(lower, project):
    # Where the kernel notes that a power failure could leave a mount without syncs half written.
    os.makedirs(project + ".work", exist_ok=True)
    for folder, _, files in os.walk(project + ".work/work/incompat", topdown=False):
        for file in files:
            os.unlink(os.path.join(folder, file))
        os.rmdir(folder)
    mounts.call("unshare", mounts.NEWNS)
    mounts.mount(None, "/", None, mounts.REC | mounts.SLAVE)
    # Beginning here, the options hold one name that is not ours to choose.
    os.chdir(os.path.dirname(project))
    name = os.path.basename(project)
    frozen = lower.replace("\\", "\\\\").replace(",", "\\,").replace(":", "\\:")
    mounts.mount("overlay", project, "overlay", 0,
                 f"lowerdir={frozen},upperdir={name},workdir={name}.work,volatile,index=off,metacopy=off,redirect_dir=on")
