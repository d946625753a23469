"""The log of a notebook: what a cell puts out begins with the cell's number, and a blank line stands before the next cell's."""
from __future__ import annotations

import io


class CellLog(io.TextIOBase):
    """A text stream that everything a notebook puts out goes through."""

    def __init__(self, real):
        self._real = real
        self._number = 1
        self._begun = False
        self._before = ""
        self._ended = True

    def next_cell(self):
        """A cell has been run."""
        if self._begun:
            self._before = "\n" if self._ended else "\n\n"
        self._number += 1
        self._begun = False

    def write(self, text):
        if text:
            out = text.encode("utf-8", "backslashreplace").decode("utf-8")
            if not self._begun:
                out = f"{self._before}[{self._number}] {out}"
                self._begun = True
            self._ended = out.endswith("\n")
            self._real.write(out)
            self._real.flush()
        return len(text)

    def flush(self):
        self._real.flush()

    def fileno(self):
        return self._real.fileno()

    def writable(self):
        return True

    @property
    def buffer(self):
        return self._real.buffer

    @property
    def encoding(self):
        return self._real.encoding

    @property
    def errors(self):
        return self._real.errors
