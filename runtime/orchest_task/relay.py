"""The way in and out of a service's own network. Its ports are brought out by sockets that were made outside; services of one
run find each other through sockets in a directory, which no network keeps apart."""
import ctypes
import fcntl
import os
import signal
import socket
import struct
import threading
import time

from . import launch, services

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1
_LOOK_SECONDS = 0.05
_IGNORED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


def bring_loopback_up():
    """A new network's loopback is down. Bubblewrap brings it up itself and lets nobody else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        name, flags = struct.unpack("16sh", fcntl.ioctl(any_socket, _GET_FLAGS, struct.pack("16sh14x", b"lo", 0))[:18])
        if not flags & _UP:
            fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", name, flags | _UP))


def inherited(number):
    """A socket that came with this process and is not for its children."""
    made = socket.socket(fileno=number)
    made.set_inheritable(False)
    return made


def part(service):
    """Returns in the child, which becomes the service. The parent stays between it and its run, and ends as it ends."""
    for number in _IGNORED:  # they are for the service, which is of the same group; this process ends after it
        signal.signal(number, signal.SIG_IGN)
    child = os.fork()
    if child == 0:
        ctypes.CDLL(None).prctl(launch.SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        for number in _IGNORED:
            signal.signal(number, signal.SIG_DFL)
        return
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        os.chdir(services.folder(service))
        for port, door in service.doors:
            _begin(_bring_out, service, port, door)
        for peer in service.peers:
            for port in peer.get("ports") or {}:
                _bring_in(service, peer, int(port))
    except OSError as error:
        os.write(2, f"{launch.SAY}the ports of the service cannot be brought out: {error}\n".encode("utf-8", "replace"))
    _, status = os.waitpid(child, 0)
    os._exit(launch.end_as(status))


def _bring_out(service, port, door):
    """Waits for the service to listen, and then lets its run in."""
    shared = socket.socket(socket.AF_UNIX)
    name = _name(service.name, port)
    if os.path.exists(name):
        os.remove(name)
    shared.bind(name)

    def inner():
        for host in ("127.0.0.1", service.own["host"]):
            try:
                return socket.create_connection((host, port))
            except OSError as error:
                trouble = error
        raise trouble

    while True:
        try:
            inner().close()
            break
        except OSError:
            time.sleep(_LOOK_SECONDS)
    for outer in (shared, door):
        outer.listen(128)
        _begin(_accept, outer, inner)


def _bring_in(service, peer, port):
    """Lets the service find another one at the same address as the steps find it."""
    if str(port) in (service.own.get("ports") or {}):
        return  # it will want this port for itself, at all addresses
    def other():
        reached = socket.socket(socket.AF_UNIX)
        try:
            reached.connect(_name(peer["name"], port))
        except OSError:
            reached.close()
            raise
        return reached

    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind((peer["host"], port))
    door.listen(128)
    _begin(_accept, door, other)


def _accept(door, reach):
    while True:
        try:
            came, _ = door.accept()
        except OSError:
            time.sleep(_LOOK_SECONDS)  # too many at once
            continue
        _begin(_connect, came, reach)


def _connect(came, reach):
    try:
        found = reach()
    except OSError:
        came.close()
        return
    back = _begin(_pump, found, came)
    _pump(came, found)
    back.join()
    came.close()
    found.close()


def _pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # One side is gone: the other is to learn of it.
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def _begin(work, *arguments):
    thread = threading.Thread(target=work, args=arguments, daemon=True)
    thread.start()
    return thread


def _name(service, port):
    return f"{service}.{port}"
