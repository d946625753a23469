"""Runs a notebook step in place, inside the step's private view.

orchest_notebook.py FILE FOLDER [PYTHON]    FOLDER is the attempt's own; PYTHON is the environment's interpreter, which runs the cells
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from orchest_task import notebook  # noqa: E402

if __name__ == "__main__":
    sys.exit(notebook.main(*sys.argv[1:]))
