"""dbutils.jobs: what tasks of one run tell each other."""
from __future__ import annotations

import json

from switchyard_task import result

from ._part import Part

VALUE_LIMIT = 48 * 1024


class TaskValues(Part):
    def __init__(self, task):
        self._task = task

    def set(self, key, value):
        """Keeps a value (anything that JSON holds, up to 48 KiB) for the tasks after this one. Outside a job: does nothing."""
        if not isinstance(key, str) or not key:
            raise ValueError("The key of a task value is a text that is not empty.")
        try:
            text = json.dumps(value, allow_nan=False, ensure_ascii=False)
            size = len(text.encode("utf-8"))
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"Task value {key!r} cannot be written as JSON: {error}") from None
        if size > VALUE_LIMIT:
            raise ValueError(f"Task value {key!r} is {size} bytes of JSON; the limit is {VALUE_LIMIT} bytes (48 KiB).")
        if self._task.in_job:
            result.set_value(self._task.attempt_dir, key, json.loads(text))

    def get(self, taskKey, key, default=None, debugValue=None):
        """The value that a task of this run has set, else `default`. Outside a job: `debugValue`."""
        if not self._task.in_job:
            if debugValue is None:
                raise TypeError("Must pass debugValue when calling get outside of a job context. debugValue cannot be None.")
            return debugValue
        values = self._task.task_values.get(taskKey)
        if values is not None and key in values:
            return json.loads(json.dumps(values[key]))
        if default is not None:
            return default
        if values is None:
            known = ", ".join(sorted(self._task.task_values)) or "none"
            raise ValueError(f"Task {taskKey!r} has set no values that this task can read, and no default was given. Tasks with values: {known}.")
        raise ValueError(f"Task {taskKey!r} has no value {key!r}, and no default was given. Its values: {', '.join(sorted(values)) or 'none'}.")


class Jobs(Part):
    def __init__(self, task):
        self.taskValues = TaskValues(task)

    def help(self, method=None):
        """Prints the functions of taskValues."""
        self.taskValues.help(method)
