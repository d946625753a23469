"""Runs the step of an Orchest pipeline that ./step.json describes, in a private view of the file system.

orchest_step.py                      prepares the run's files, starts the step, passes its output on, ends as it ended
orchest_step.py build                makes the step's environment, and runs nothing
orchest_step.py container WORD...    the same, but what it starts is the client of a container runtime
orchest_step.py inside ENVIRONMENT   the second half, where bubblewrap has made the private view; ENVIRONMENT may be empty
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from orchest_task import launch  # noqa: E402

if __name__ == "__main__":
    sys.exit(launch.main(sys.argv[1:]))
