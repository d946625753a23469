"""A run's copy of a repository, by the git program: made by the first task that needs it, under a lock that the others wait
at. The commit is written down apart, so that a repair long after the copy went sees the same one."""
from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time

# What the machine's own way out needs; git gets nothing else of the environment.
PASSED = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "PATH")
MOST_LINES = 5
FULL_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


class CheckoutFailed(Exception):
    """Why there is no code to run, for whoever runs it."""


class Checkout:
    def __init__(self, root, run, url, ref_kind, ref):
        self.url, self.ref_kind, self.ref = url, ref_kind, ref
        key = hashlib.sha256("\0".join((url, ref_kind, ref)).encode()).hexdigest()[:16]
        self.folder = os.path.join(root, "trees", run)
        self.tree = os.path.join(self.folder, key)
        self.note = os.path.join(root, "commits", f"{run}-{key}")
        self.deadline = time.monotonic() + float(os.environ.get("SWITCHYARD_GIT_TIMEOUT") or 600)

    def make(self):
        """(commit, directory)."""
        os.makedirs(self.folder, exist_ok=True)
        os.makedirs(os.path.dirname(self.note), exist_ok=True)
        with open(self.tree + ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = self.known()
            if known and os.path.isdir(self.tree):
                return known, self.tree
            work = tempfile.mkdtemp(dir=self.folder, prefix="new-")
            try:
                commit = self.fetch(work, known)
                if not known:
                    self.remember(commit)
                os.rename(work, self.tree)
            except OSError as error:
                raise CheckoutFailed(f"{error.strerror}: {error.filename}") from None
            finally:
                shutil.rmtree(work, ignore_errors=True)
            return commit, self.tree

    def known(self):
        """The commit that an earlier task of the run saw, or None."""
        try:
            with open(self.note, encoding="ascii") as source:
                text = source.read().strip()
        except FileNotFoundError:
            return None
        return text if FULL_ID.fullmatch(text) else None

    def remember(self, commit):
        with open(self.note + ".new", "w", encoding="ascii") as out:
            out.write(commit)
            out.flush()
            os.fsync(out.fileno())
        os.replace(self.note + ".new", self.note)

    def fetch(self, work, known):
        self.git(work, "init", "--quiet", "--template=")
        wanted = known or (self.ref.lower() if self.ref_kind == "commit" else None)
        if wanted is None:
            self.get(work, {"branch": "refs/heads/", "tag": "refs/tags/"}.get(self.ref_kind, "HEAD") + self.ref)
            wanted = "FETCH_HEAD"
        elif not (FULL_ID.fullmatch(wanted) and self.has(work, wanted)):
            # An abbreviated id, or a server that gives only what its branches and tags lead to.
            self.git(work, "fetch", "--quiet", "--", self.url, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
        commit = self.git(work, "rev-parse", "--verify", "--quiet", "--end-of-options", wanted + "^{commit}", problem=f"there is no commit {self.ref or wanted}").strip()
        self.git(work, "checkout", "--quiet", "--detach", commit)
        return commit

    def has(self, work, commit):
        try:
            self.get(work, commit)
            return True
        except CheckoutFailed:
            return False

    def get(self, work, name):
        try:
            self.git(work, "fetch", "--quiet", "--no-tags", "--depth=1", "--", self.url, name)
        except CheckoutFailed as first:
            if "shallow" not in str(first):
                raise
            self.git(work, "fetch", "--quiet", "--no-tags", "--", self.url, name)

    def git(self, work, *words, problem=None):
        """What git prints; its last complaints when it fails. Words only, never a shell."""
        environment = {name: os.environ[name] for name in PASSED if name in os.environ}
        environment.update(
            HOME=work, LC_ALL="C", GIT_TERMINAL_PROMPT="0", GIT_ASKPASS="true", GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL="/dev/null",
            GIT_ALLOW_PROTOCOL=os.environ.get("SWITCHYARD_GIT_PROTOCOLS", "https:ssh"), GIT_SSH_COMMAND="ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new")
        try:
            done = subprocess.run(
                ["git", "-c", "core.hooksPath=/dev/null", "-c", "init.defaultBranch=main", *words], cwd=work, env=environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", errors="replace", timeout=max(1.0, self.deadline - time.monotonic()))
        except FileNotFoundError:
            raise CheckoutFailed("git is not installed on the server's machine. Install the package git, and run the task again.") from None
        except subprocess.TimeoutExpired:
            raise CheckoutFailed("it took longer than the setting git_timeout_seconds allows, and was given up.") from None
        if done.returncode == 0:
            return done.stdout
        lines = [line for line in done.stderr.splitlines() if line.startswith(("fatal:", "error:", "remote:"))]
        raise CheckoutFailed(problem or " ".join(lines[-MOST_LINES:]) or f"git {words[0]} ended with {done.returncode}")


def holds(tree, place):
    """Whether a place is in a checkout when links are followed."""
    root, real = os.path.realpath(tree), os.path.realpath(place)
    return real == root or real.startswith(root + os.sep)


def find(tree, path, endings):
    """The file of a path in a checkout, or None; links that lead out of it lead nowhere."""
    root = os.path.realpath(tree)
    for ending in endings:
        file = os.path.realpath(os.path.join(root, path.strip("/") + ending))
        if holds(root, file) and os.path.isfile(file) and not file.startswith(os.path.join(root, ".git") + os.sep):
            return file
    return None
