"""A private view of the file system for one step: everything stays where it is, and /project-dir, /data and
/pipeline.json are there too. The machine's own root directory never sees them, because the step's root is a small
read-only tmpfs on which every entry of the real one is mounted again."""
import ctypes
import os
import stat

NEWNS, _NEWUSER, _NEWNET = 0x00020000, 0x10000000, 0x40000000
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, REC, SLAVE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 19
_DETACH = 2
_OLD = ".switchyard-old-root"

_libc = ctypes.CDLL(None, use_errno=True)


class NoPrivateMount(Exception):
    """This way is closed on this machine."""


class Place:
    """A directory or file of the node (without symbolic links in its path) that a step sees at `target`."""

    def __init__(self, source, target, read_only=False):
        self.source, self.target, self.read_only = source, target, read_only


def own_entry(place):
    """The entry of the root directory that a place takes, or None when it lies over something in one of the node's."""
    parts = place.target.split("/")
    return parts[1] if len(parts) == 2 else None


def enter(places, scratch, user_namespace, own_network=False):
    """Moves this process into the view. `scratch` is any directory; it is mounted over for a moment, seen by nobody else.
    Without a user namespace this takes CAP_SYS_ADMIN. A network of its own has nothing but a loopback, which is down."""
    try:
        spaces = NEWNS | (_NEWNET if own_network else 0)
        if user_namespace:
            _become_own_user(spaces)
        else:
            call("unshare", spaces)
        # Slave, not private: what the node unmounts later is not held by a step that never used it.
        mount(None, "/", None, REC | SLAVE)
        mount("tmpfs", scratch, "tmpfs", _NOSUID | _NODEV, "mode=755,size=1m")
        os.chdir(scratch)
        os.mkdir(_OLD)
        call("pivot_root", b".", _OLD.encode())
        os.chdir("/")
        ours = {own_entry(place) for place in places} | {_OLD}
        with os.scandir("/" + _OLD) as entries:
            for entry in entries:
                if entry.name not in ours:
                    _show(entry)
        for place in places:
            _bind(f"/{_OLD}{place.source}", place.target, os.path.isdir(f"/{_OLD}{place.source}"))
            if place.read_only:
                _make_read_only(place.target)
        call("umount2", f"/{_OLD}".encode(), _DETACH)
        os.rmdir("/" + _OLD)
        _make_read_only("/")
    except OSError as error:
        raise NoPrivateMount(error.strerror + (f": {error.filename}" if error.filename else "")) from None


def _become_own_user(spaces):
    """A user namespace in which this user is itself. Its mounts may be changed, and nothing else is gained."""
    user, group = os.getuid(), os.getgid()
    call("unshare", _NEWUSER | spaces)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as out:
            out.write(text)


def _show(entry):
    if entry.is_symlink():
        os.symlink(os.readlink(entry.path), "/" + entry.name)
    else:
        _bind(entry.path, "/" + entry.name, entry.is_dir())


def _bind(source, target, directory):
    if not os.path.exists(target):
        if directory:
            os.mkdir(target)
        else:
            os.mknod(target, 0o644 | stat.S_IFREG)
    mount(source, target, None, _BIND | REC)


def _make_read_only(target):
    # A user namespace may not take away what the mount was already restricted by.
    kept = os.statvfs(target).f_flag & (_NOSUID | _NODEV | _NOEXEC)
    mount(None, target, None, _REMOUNT | _BIND | _RDONLY | kept)


def mount(source, target, kind, flags, options=None):
    call("mount", source and os.fsencode(source), os.fsencode(target), kind and kind.encode(), ctypes.c_ulong(flags), options and options.encode())


def call(name, *arguments):
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        shown = " ".join(os.fsdecode(value) for value in arguments if isinstance(value, bytes))
        raise OSError(number, f"{name} {shown}".strip() + f": {os.strerror(number)}")
