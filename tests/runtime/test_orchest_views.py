"""Steps of Orchest pipelines in each of the three ways to a private view."""
import os
import shutil
import subprocess
import sys
import unittest

from every_way import EveryWay
from orchest_harness import NOBODY, OrchestTest
from services_every_way import ServicesEveryWay


def _why_not(*command):
    """None when a command works here, else the reason why not."""
    if shutil.which(command[0]) is None:
        return f"{command[0]} is not installed"
    tried = subprocess.run(command, capture_output=True, text=True)
    return None if tried.returncode == 0 else f"`{' '.join(command)}` fails here: {tried.stderr.strip()}"


_ROOT = os.geteuid() == 0
_BECOME = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if _ROOT else []
_REASONS = {
    "as root": _why_not("unshare", "-m", "true") if _ROOT else "these tests do not run as root",
    "in a user namespace": _why_not(*_BECOME, "unshare", "-Um", "true"),
    "in bubblewrap": _why_not("bwrap", "--dev-bind", "/", "/", "true") or _why_not(*_BECOME, "bwrap", "--dev-bind", "/", "/", "true"),
}
for _name, _reason in _REASONS.items():
    if _reason:
        print(f"test_orchest_views: steps {_name} are skipped: {_reason}", file=sys.stderr)


@unittest.skipIf(_REASONS["as root"], _REASONS["as root"])
class AsRoot(EveryWay, ServicesEveryWay, OrchestTest):
    way = "root"


@unittest.skipIf(_REASONS["in a user namespace"], _REASONS["in a user namespace"])
class InAUserNamespace(EveryWay, ServicesEveryWay, OrchestTest):
    way = "user"
    user = NOBODY if _ROOT else os.geteuid()


@unittest.skipIf(_REASONS["in bubblewrap"], _REASONS["in bubblewrap"])
class InBubblewrap(EveryWay, ServicesEveryWay, OrchestTest):
    way = "bwrap"
    user = NOBODY if _ROOT else os.geteuid()
