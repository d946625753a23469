"""Runs the service of an Orchest pipeline that ./service.json describes, beside the steps of one run.

orchest_service.py run WORD...                          starts the service, passes its output on, ends as it ended
orchest_service.py inside ENVIRONMENT SOCKETS WORD...   the second half, where bubblewrap has made the private view
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from orchest_task import service  # noqa: E402

if __name__ == "__main__":
    sys.exit(service.main(sys.argv[1:]))
