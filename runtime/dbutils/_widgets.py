"""dbutils.widgets: a notebook's parameters. All values are text."""
from __future__ import annotations

from ._part import Part

_NOTHING = object()


class InputWidgetNotDefined(Exception):
    """A widget that was neither defined in the notebook nor supplied to the run."""


class Widgets(Part):
    def __init__(self, task):
        self._supplied = dict(task.parameters)
        self._defaults = {}
        self._removed = set()

    def text(self, name, defaultValue="", label=None):
        """Defines a text parameter. A value supplied to the run wins over the default."""
        self._define(name, defaultValue)

    def dropdown(self, name, defaultValue, choices, label=None):
        """Defines a parameter with a list of choices; the default must be one of them."""
        self._choose("dropdown", name, defaultValue, choices)
        self._define(name, defaultValue)

    def combobox(self, name, defaultValue, choices=(), label=None):
        """Defines a parameter with suggestions; other values are allowed."""
        self._define(name, defaultValue)

    def multiselect(self, name, defaultValue, choices, label=None):
        """Defines a parameter of which several choices can be taken; read back joined by commas."""
        chosen = [defaultValue] if isinstance(defaultValue, str) else list(defaultValue)
        for one in chosen:
            for part in str(one).split(","):
                self._choose("multiselect", name, part, choices)
        self._define(name, ",".join(str(one) for one in chosen))

    def get(self, name):
        """The value of a parameter: supplied, else its default."""
        value = self._find(name)
        if value is _NOTHING:
            given = ", ".join(sorted(self._supplied)) or "none"
            raise InputWidgetNotDefined(
                f"No input widget named {name!r} is defined. Define it with dbutils.widgets.text({name!r}, 'a default'), "
                f"or pass it to the run as a notebook parameter or job parameter. Parameters of this run: {given}.")
        return value

    def getArgument(self, name, defaultValue=None):
        """The value of a parameter, or the default given here when there is none."""
        value = self._find(name)
        if value is _NOTHING:
            return self.get(name) if defaultValue is None else str(defaultValue)
        return value

    def getAll(self):
        """Every parameter and its value."""
        names = {**self._defaults, **self._supplied}
        return {name: self._find(name) for name in names if name not in self._removed}

    def remove(self, name):
        """Forgets one parameter."""
        self.get(name)
        self._removed.add(name)
        self._defaults.pop(name, None)

    def removeAll(self):
        """Forgets all parameters."""
        self._removed.update(self._defaults, self._supplied)
        self._defaults.clear()

    def _supply(self, values):
        """Parameters of a notebook that runs inside this one (%run ... $name="value")."""
        self._supplied.update(values)
        self._removed.difference_update(values)

    def _find(self, name):
        if name in self._removed:
            return _NOTHING
        if name in self._supplied:
            return self._supplied[name]
        return self._defaults.get(name, _NOTHING)

    def _define(self, name, default):
        if not isinstance(name, str) or not name:
            raise ValueError("A widget needs a name.")
        self._removed.discard(name)
        self._defaults[name] = "" if default is None else str(default)

    def _choose(self, kind, name, value, choices):
        if str(value) not in [str(choice) for choice in choices]:
            raise ValueError(f"The default {value!r} of {kind} {name!r} is not one of its choices: {', '.join(str(c) for c in choices)}.")
