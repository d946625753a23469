"""What the parts of dbutils share: `help`, made from their own docstrings."""
from __future__ import annotations

import inspect


class Part:
    """A part of dbutils whose public methods describe themselves."""

    def help(self, method=None):
        """Prints the functions of this part, or of one of them."""
        for name, member in inspect.getmembers(type(self), inspect.isfunction):
            if name.startswith("_") or name == "help" or (method and name != method):
                continue
            names = list(inspect.signature(member).parameters.values())[1:]
            print(f"{name}({', '.join(str(p) for p in names)}): {inspect.getdoc(member) or ''}")
