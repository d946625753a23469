"""The Jupyter runner, in a real kernel, where an interpreter with nbclient and ipykernel is found."""
import sys
import unittest

from both_runners import BothRunners
from harness import RuntimeTest, jupyter_interpreter

PYTHON = jupyter_interpreter()
REASON = "no interpreter here has nbclient and ipykernel (Debian: apt-get install python3-nbclient python3-ipykernel jupyter-nbconvert)"

if PYTHON is None:
    print(f"test_jupyter_runner is skipped: {REASON}", file=sys.stderr)


@unittest.skipIf(PYTHON is None, REASON)
class JupyterRunner(BothRunners, RuntimeTest):
    runner = "jupyter"
    python = PYTHON

    def test_auto_takes_the_kernel_when_there_is_one(self):
        ran = self.run_cells("type(get_ipython()).__name__", variables={"SWITCHYARD_NOTEBOOK_RUNNER": "auto"})
        self.assert_ok(ran)
        self.assertEqual(ran.result["runner"], "jupyter")
        self.assertIn("ZMQInteractiveShell", ran.out)

    def test_a_kernel_that_dies_fails_the_notebook(self):
        ran = self.run_cells("dbutils.jobs.taskValues.set('k', 1)", "import os\nos._exit(9)")
        self.assertEqual(ran.code, 1)
        self.assertTrue(ran.result["error"].startswith("KernelDied: "), ran.result)
        self.assertEqual(ran.result["values"], {"k": 1})

    def test_ipython_magics_work(self):
        ran = self.run_cells("%time x = 5", "print(x)")
        self.assert_ok(ran)
        self.assertIn("Wall time", ran.out)
        self.assertIn("5\n", ran.out)

    def test_our_own_page_can_be_asked_for(self):
        ran = self.run_cells("1", variables={"SWITCHYARD_NOTEBOOK_HTML": "plain"})
        self.assertIn("Run in a Jupyter kernel", ran.html)
        self.assertLess(len(ran.html), 20000)

    def test_no_setup_code_is_shown_and_no_kernel_file_stays(self):
        ran = self.run_cells("'only this'")
        self.assertEqual(len(ran.notebook["cells"]), 1)
        self.assertEqual(ran.notebook["cells"][0]["execution_count"], 1)
        self.assertNotIn("switchyard_task", ran.html)
        self.assertFalse((ran.folder / ".kernel").exists())

    def test_without_a_working_kernel_auto_falls_back_and_jupyter_does_not(self):
        # A module of this name, found first, breaks the kernel's start.
        (self.base / "broken").mkdir()
        (self.base / "broken" / "ipykernel_launcher.py").write_text("raise SystemExit(3)")
        broken = {"PYTHONPATH": str(self.base / "broken")}
        ran = self.run_cells("print('ran')", variables={**broken, "SWITCHYARD_NOTEBOOK_RUNNER": "auto"})
        self.assert_ok(ran)
        self.assertEqual(ran.result["runner"], "plain")
        self.assertEqual(ran.out, "ran\n")
        self.assertIn("The plain runner takes over.", ran.err)
        ran = self.run_cells("print('ran')", variables=broken)
        self.assertEqual(ran.code, 1)
        self.assertTrue(ran.result["error"].startswith("KernelNotStarted: "), ran.result["error"])
