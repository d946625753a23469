"""Where a step's output goes: to this process's own output, which is the attempt's log, and to the log file that Orchest keeps."""
import os


class Output:
    """Both places. One that cannot be written any more does not take the other with it."""

    def __init__(self):
        self._places = {1: "the attempt's log"}

    def open_log(self, folder, step_uuid):
        """Begins the step's log file anew. Its first line is a random uuid, by which a reader sees that it is another one."""
        os.makedirs(folder, exist_ok=True)
        file = os.path.join(folder, step_uuid + ".log")
        log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        _write(log, (_random_uuid() + "\n").encode("ascii"))
        self._places[log] = file

    def write(self, data):
        """Writes bytes to both."""
        for place in list(self._places):
            try:
                _write(place, data)
            except OSError as error:
                name = self._places.pop(place)
                self.write(f"\nThe output is no longer written to {name}: {error.strerror}.\n".encode())

    def say(self, text):
        """One line of our own."""
        self.write((text + "\n").encode("utf-8", "replace"))


def _write(place, data):
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(place, rest):]


def _random_uuid():
    # As uuid.uuid4 makes it, whose module takes longer to load than all else here.
    data = bytearray(os.urandom(16))
    data[6], data[8] = data[6] & 0x0F | 0x40, data[8] & 0x3F | 0x80
    text = data.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
