"""The life of a step: its files, its private view, its process, its output, its end.

This process stays as the step's parent, outside the view: the server ends whatever is left of an attempt when its first process
ends, so the one that still has output to pass on must be the last."""
import ctypes
import fcntl
import json
import os
import select
import signal
import struct
import sys
import termios

from . import layers, mounts, pipeline_file, services
from .output import Output
from .step import DATA, PIPELINE, PROJECT, RUNTIME_DIR, Step, StepRefused, find

_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGCONT)
_PIPE_SIZE = 1 << 20
SET_PARENT_DEATH_SIGNAL = 1
SAY = "Orchest error: "


def main(arguments):
    """The exit code of orchest_step.py."""
    os.umask(0o002)
    if arguments[:1] == ["inside"]:
        become_inside(Step.load(os.getcwd()), arguments[1])
    output = Output()
    try:
        step = Step.load(os.getcwd())
        if arguments[:1] == ["build"]:
            return build(step, output)
        step.words = arguments[1:]  # after "container"
        places = prepare(step, output, step.step_uuid)
        services.wait(step)
        child, group, own_output = start(step, places)
    except (StepRefused, OSError) as error:
        output.say(SAY + str(error))
        return 1
    return end_as(follow(child, group, own_output, output))


def build(step, output):
    """Makes the environment of a step that does not run, so that none has to wait for it."""
    from . import environments

    layers.enter(step.project)
    output.say("The environment is ready." if environments.prepare(step, output) else "Nothing to build: without a setup script, an environment is the machine's own programs.")
    return 0


def prepare(step, output, log):
    """Makes what the step needs. Returns the places of its view."""
    layers.enter(step.project)
    os.makedirs(step.data, exist_ok=True)
    places = [mounts.Place(os.path.realpath(step.project), PROJECT), mounts.Place(os.path.realpath(step.data), DATA),
              mounts.Place(pipeline_file.write_once(step), PIPELINE, read_only=True)]
    output.open_log(os.path.join(step.records, "logs"), log)
    if step.environment_uuid:
        from . import environments  # few steps need it, and it loads much

        step.environment = environments.prepare(step, output)
    if step.in_container:
        return []
    _check_that_nothing_needed_is_hidden(step)
    if step.services and os.path.isfile("/etc/hosts"):
        places.append(mounts.Place(services.write_hosts(step), "/etc/hosts", read_only=True))
    return places


def become_inside(step, environment):
    """The second half, inside bubblewrap's view: never returns."""
    os.setpgid(0, 0)
    step.environment = environment or None
    _become(step)


def _check_that_nothing_needed_is_hidden(step):
    """/data of the step lies over a /data of the node, if there is one."""
    for path in (step.folder, RUNTIME_DIR, step.environment):
        real = os.path.realpath(path or "/")
        if real.startswith((PROJECT + "/", DATA + "/")):
            raise StepRefused(f"a step cannot see {real}, because its own {'/' + real.split('/')[1]} lies over the node's. "
                              f"Keep the server's program and its data directory out of the node's {DATA} and {PROJECT}.")


# --- starting

def start(step, places):
    """Starts the step. Returns its process id, the process group that signals are for, and the end of the pipe that its output comes from."""
    reader, writer = os.pipe()
    try:
        fcntl.fcntl(reader, 1031, _PIPE_SIZE)  # F_SETPIPE_SZ, which Python 3.9 has no name for
    except OSError:
        pass
    closed = []
    for way in _ways(step):
        heard, told = os.pipe()
        child = os.fork()
        if child == 0:
            _run_child(step, places, way, writer, told)
        os.close(told)
        with os.fdopen(heard, "rb") as status:
            trouble = status.read().decode("utf-8", "replace")
        if not trouble or trouble.startswith("{"):
            os.close(writer)
            return child, json.loads(trouble)["child-pid"] if trouble else child, reader
        os.waitpid(child, 0)
        closed.append(trouble)
    raise StepRefused(
        f"this step cannot have its own {PROJECT}, {DATA} and {PIPELINE}, because no private mount can be made here ({'; '.join(closed)}). "
        "Install bubblewrap (Debian: apt-get install bubblewrap), or allow user namespaces (sysctl user.max_user_namespaces above 0 and, where they "
        "exist, kernel.unprivileged_userns_clone=1 and kernel.apparmor_restrict_unprivileged_userns=0), or run the server as root with CAP_SYS_ADMIN.")


def _ways(step):
    if step.in_container:
        return ["node"]
    wish = os.environ.get("SWITCHYARD_ORCHEST_MOUNTS") or "auto"
    if wish in ("root", "user", "bwrap"):
        return [wish]
    return ["root", "user", "bwrap"] if os.geteuid() == 0 else ["user", "bwrap"]


def _run_child(step, places, way, writer, told):
    """In the child: never returns. What is written to `told` means that this way is closed; bubblewrap, which stays between
    us and the step, writes an object there that names the step's process."""
    try:
        os.setsid()
        ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and an ignored signal stays so
            signal.signal(number, signal.SIG_DFL)
        os.dup2(writer, 1)
        os.dup2(writer, 2)
        if way == "bwrap":
            _become_bubblewrap(step, places, told)
        if way != "node":
            mounts.enter(places, step.folder, user_namespace=way == "user", own_network=step.own_network)
        os.close(told)
        _become(step)
    except mounts.NoPrivateMount as error:
        os.write(told, f"{'user namespace' if way == 'user' else way}: {error}".encode("utf-8", "replace"))
    except BaseException as error:
        os.write(2, f"{SAY}{error}\n".encode("utf-8", "replace"))
    finally:
        os._exit(1)


def _become(step):
    """Inside the view: this process becomes the step's program."""
    try:
        if step.in_container:  # what it is told stands in its own files
            os.chdir(step.folder)
            os.execve(step.words[0], step.words, dict(os.environ))
        if step.own_network:
            step.split()
        program, arguments, folder = step.program()
        os.chdir(folder)
        os.execve(program, arguments, step.variables())
    except (StepRefused, OSError) as error:
        os.write(2, f"{SAY}{error}\n".encode("utf-8", "replace"))
        os._exit(1)


def _become_bubblewrap(step, places, told):
    import subprocess

    program = find("bwrap", "/usr/local/bin:/usr/bin:/bin")  # the node's, whatever PATH the step has
    if program is None:
        raise mounts.NoPrivateMount("bubblewrap is not installed")
    ours = {mounts.own_entry(place) for place in places}
    words = [program]
    with os.scandir("/") as entries:
        for entry in entries:
            if entry.name not in ours:
                words += ["--symlink", os.readlink(entry.path), entry.path] if entry.is_symlink() else ["--dev-bind", entry.path, entry.path]
    for place in places:
        words += ["--ro-bind" if place.read_only else "--bind", place.source, place.target]
    words += ["--remount-ro", "/", "--chdir", step.folder]
    if step.own_network:
        words.append("--unshare-net")
    # What it cannot do it says only after it has told us that it began.
    tried = subprocess.run([*words, "--", "true"], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if tried.returncode != 0:
        raise mounts.NoPrivateMount(tried.stderr.strip())
    os.set_inheritable(told, True)
    words += ["--die-with-parent", "--info-fd", str(told), "--", sys.executable, "-I", "-S", "-u", *step.inside_words()]
    os.execv(program, words)


# --- following

def follow(child, group, reader, output):
    """Passes the output on until the step has ended. Returns how, as waitpid says it."""
    def forward(number, _):
        # To the step's whole process group: a shell takes no signal while its command runs.
        try:
            os.killpg(group, number)
        except OSError:
            pass

    woken, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in _FORWARDED:
        signal.signal(number, forward)
    waiting = select.poll()
    waiting.register(reader, select.POLLIN)
    waiting.register(woken, select.POLLIN)
    while os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        ready = {place for place, _ in waiting.poll()}
        if reader in ready and not _pass_on(reader, output, 65536):
            waiting.unregister(reader)
        if woken in ready:
            os.read(woken, 4096)
    # What the step wrote is all in the pipe now. A process it left behind may hold the pipe open for ever.
    left = struct.unpack("i", fcntl.ioctl(reader, termios.FIONREAD, b"\0\0\0\0"))[0]
    while left > 0:
        left -= _pass_on(reader, output, left) or left
    return os.waitpid(child, 0)[1]


def _pass_on(reader, output, size):
    data = os.read(reader, size)
    if data:
        output.write(data)
    return len(data)


def end_as(status):
    """Ends this process as another one has ended: the exit code, or death by the same signal."""
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status)
    import resource

    number = os.WTERMSIG(status)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number
