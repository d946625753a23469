"""The life of a service: a process in a view and a network of its own, whose ports are brought out to an address of this run's
alone; or the client of a container runtime, which does the like by itself."""
import os
import socket

from . import launch, mounts, relay, services
from .output import Output
from .step import PROJECT, RUNTIME_DIR, StepRefused, Task, find

_RESOLVER = "/etc/resolv.conf"


class Service(Task):
    """One attempt of a service."""
    described_by = "service.json"

    def __init__(self, data, folder):
        super().__init__(data, folder)
        self.in_container = bool(data.get("container"))
        self.own_network = not self.in_container
        self.name = data.get("service")
        self.own = next((service for service in self.services if service.get("name") == self.name), None)
        if self.own is None:
            raise StepRefused(f"service.json: there is no service {self.name!r}")
        self.peers = [service for service in self.services if service is not self.own]
        self.words, self.doors = [], []

    def begin(self):
        """What an earlier attempt left is not true of this one."""
        os.makedirs(services.folder(self), exist_ok=True)
        try:
            os.remove(services.ended_file(self, self.name))
        except FileNotFoundError:
            pass

    def say_ended(self, how):
        """Tells the steps that wait for it."""
        file = services.ended_file(self, self.name)
        with open(file + ".tmp", "w", encoding="utf-8", errors="replace") as out:
            out.write(how)
        os.replace(file + ".tmp", file)

    def write_resolver(self):
        """There is no name server in its network. One that refuses at once is better than one that is waited for. Returns the file's path."""
        file = os.path.join(self.folder, "resolv.conf")
        with open(file, "w", encoding="ascii") as out:
            out.write("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        return os.path.realpath(file)

    def open_doors(self):
        """Takes the ports outside. Nobody is let in before the service listens, so that whoever gets in finds it."""
        for inner in self.own.get("ports") or {}:
            door = socket.socket()
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                door.bind((self.own["host"], int(inner)))
            except OSError as error:
                raise StepRefused(f"port {inner} of the service {self.name} cannot be had at {self.own['host']}: {error.strerror}. A program of this machine that listens on "
                                  "this port at all addresses is in the way; let it listen at its own address, such as 127.0.0.1") from None
            self.doors.append((int(inner), door))

    def split(self):
        """Inside the view: this process becomes two, one that becomes the service and one that brings its ports out."""
        relay.bring_loopback_up()
        relay.part(self)

    def inside_words(self):
        """What Python is told to begin the second half, inside bubblewrap."""
        for _, door in self.doors:
            door.set_inheritable(True)
        return [os.path.join(RUNTIME_DIR, "orchest_service.py"), "inside", self.environment or "", ",".join(str(door.fileno()) for _, door in self.doors), *self.words]

    def program(self):
        """(program, arguments, directory) that run it."""
        if self.in_container:
            return self.words[0], self.words, self.folder
        os.chdir(PROJECT)
        program = find(self.words[0], self.variables()["PATH"])
        if program is None:
            raise StepRefused(f"the service {self.name} needs {self.words[0]}, which is not installed on this node. Install it, or let the setup script of an environment install it "
                              "and give the service the image environment@UUID")
        return program, self.words, PROJECT

    def variables(self):
        """Its environment; that of a container has been written down elsewhere."""
        return dict(os.environ) if self.in_container else self._search_variables()


def main(arguments):
    """The exit code of orchest_service.py."""
    os.umask(0o002)
    if arguments[0] == "inside":
        service = Service.load(os.getcwd())
        service.words = arguments[3:]
        service.doors = [(int(port), relay.inherited(int(number))) for port, number in zip(service.own.get("ports") or {}, filter(None, arguments[2].split(",")))]
        launch.become_inside(service, arguments[1])
    output, service = Output(), None
    try:
        service = Service.load(os.getcwd())
        service.words = arguments[1:]
        service.begin()
        places = launch.prepare(service, output, service.name)
        if not service.in_container:
            service.open_doors()
            if os.path.isfile(_RESOLVER):
                places.append(mounts.Place(service.write_resolver(), os.path.realpath(_RESOLVER), read_only=True))
        child, group, own_output = launch.start(service, places)
    except (StepRefused, OSError) as error:
        output.say(launch.SAY + str(error))
        if service is not None:
            service.say_ended(f"could not be started: {error}")
        return 1
    for _, door in service.doors:
        door.close()  # the other half has it
    status = launch.follow(child, group, own_output, output)
    service.say_ended(f"ended with exit code {os.WEXITSTATUS(status)}" if os.WIFEXITED(status) else f"was ended by signal {os.WTERMSIG(status)}")
    return launch.end_as(status)
