"""Runs whose working copies are made of layers: the frozen project below, the run's changes over it."""
import os
import signal
import subprocess
import sys
import tempfile
import unittest

from orchest_harness import OrchestTest, uuid_of


def _why_not():
    """None where layers can be mounted here, else the reason why not."""
    if os.geteuid() != 0:
        return "these tests do not run as root"
    with tempfile.TemporaryDirectory() as scratch:
        tried = subprocess.run(["unshare", "-m", "sh", "-c", "mkdir l u w m && mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w,volatile m"],
                               cwd=scratch, capture_output=True, text=True)
    return None if tried.returncode == 0 else f"no overlay can be mounted here: {tried.stderr.strip()}"


_REASON = _why_not()
if _REASON:
    print(f"test_orchest_layers: skipped: {_REASON}", file=sys.stderr)


@unittest.skipIf(_REASON, _REASON)
class Layers(OrchestTest):
    way = "root"

    def new_run(self):
        super().new_run()
        # A name that has to be quoted in the options of a mount.
        self.frozen = self.base / "frozen, of: all\\runs"
        self.frozen.mkdir(exist_ok=True)
        with open(f"{self.project}.lower", "w", encoding="utf-8") as lower:
            lower.write(str(self.frozen))

    def write(self, path, text):
        file = self.frozen / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def changed(self, path):
        with open(f"{self.project}/{path}", encoding="utf-8") as source:
            return source.read()

    def test_a_step_sees_the_frozen_project_and_what_the_steps_before_it_changed_and_others_see_nothing(self):
        self.write("kept", "kept")
        self.write("folder/inner", "inner")
        self.step("A", "a.sh", "echo new >made; echo more >>kept; mv folder moved; rm a.sh")
        self.step("B", "b.sh", "ls; cat made kept moved/inner")
        self.assertEqual(self.run_step("A").code, 0)
        self.assertEqual(self.run_step("B").out, "b.sh\nkept\nmade\nmain.orchest\nmoved\nnew\nkeptmore\ninner")
        self.assertFalse(os.path.exists(self.project / "b.sh"))
        self.assertFalse(os.path.ismount(self.project))
        self.assertEqual((self.frozen / "kept").read_text(), "kept")
        self.assertEqual(self.changed("made"), "new\n")
        self.assertIn("moved", self.changed(f".orchest/pipelines/{self.pipeline['uuid']}/logs/{uuid_of('B')}.log"))
        self.new_run()
        self.step("C", "c.sh", "ls")
        self.assertEqual(self.run_step("C").out, "a.sh\nb.sh\nc.sh\nfolder\nkept\nmain.orchest\n")

    def test_steps_that_run_at_one_time_see_each_other_s_changes_at_once(self):
        self.step("A", "a.sh", "echo from a >a; until [ -e b ]; do sleep 0.02; done; cat b; rm b; until [ -e c ]; do sleep 0.02; done; cat c")
        self.step("B", "b.sh", "until [ -e a ]; do sleep 0.02; done; cat a; echo from b >b")
        self.step("C", "c.sh", "while [ -e b ]; do sleep 0.02; done; echo from c >c")
        runs = []
        for title in "ABC":
            folder = self.attempt(title)
            runs.append((self.start(folder), folder))
            if title == "B":
                self.finish(*runs[-1])
        self.assertEqual([self.finish(*run).out for run in (runs[0], runs[2])], ["from b\nfrom c\n", ""])

    def test_what_a_killed_step_wrote_is_there_for_the_next(self):
        self.step("A", "a.sh", "echo half >half; echo ready; sleep 600")
        folder = self.attempt("A")
        process = self.start(folder)
        self.assertEqual(process.stdout.readline(), "ready\n")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        self.step("B", "b.sh", "cat half; echo whole >half")
        self.assertEqual(self.run_step("B").out, "half\n")
        self.assertEqual(self.changed("half"), "whole\n")

    def test_a_number_that_another_process_has_now_leads_nowhere(self):
        with open(f"{self.project}.namespaces", "w", encoding="ascii") as book:
            book.write(f"{os.getpid()}\n1\n")
        self.write("kept", "kept")
        self.step("A", "a.sh", "cat kept; echo >made")
        self.assertEqual(self.run_step("A").out, "kept")
        self.assertEqual(self.changed("made"), "\n")

    def test_a_snapshot_that_is_gone_is_said(self):
        self.step("A", "a.sh", "true")
        self.frozen.rename(self.base / "elsewhere")
        ran = self.run_step("A")
        self.assertEqual(ran.code, 1)
        self.assertIn("the project of this run cannot be laid over its snapshot", ran.out)


if __name__ == "__main__":
    unittest.main()
