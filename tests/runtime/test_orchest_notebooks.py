"""Notebook steps of Orchest pipelines, in a Jupyter kernel where there is one and in the plain runner."""
import json
import os
import signal
import subprocess
import sys
import time
import unittest

from harness import PATIENCE, RUNTIME
from orchest_harness import PIPELINE_UUID, PYTHON, OrchestTest, notebook, uuid_of
from test_orchest_steps import REASON


def _has_jupyter():
    out = subprocess.run([PYTHON, str(RUNTIME / "probe.py")], capture_output=True, text=True, timeout=PATIENCE)
    return out.returncode == 0 and json.loads(out.stdout)["jupyter"]


NO_KERNEL = None if _has_jupyter() else f"{PYTHON} has no nbclient and ipykernel (Debian: apt-get install python3-nbclient python3-ipykernel python3-nbconvert)"
if NO_KERNEL:
    print(f"test_orchest_notebooks: the Jupyter runner is skipped: {NO_KERNEL}", file=sys.stderr)


class Notebooks:
    runner = None

    def run_notebook(self, *cells, **metadata):
        self.step("Step", "deep/note.ipynb", notebook(*cells, **metadata))
        return self.run_step("Step", {"SWITCHYARD_NOTEBOOK_RUNNER": self.runner})

    @property
    def saved(self):
        return json.loads((self.project / "deep" / "note.ipynb").read_text(encoding="utf-8"))

    @property
    def page(self):
        return (self.project / ".orchest" / "pipelines" / PIPELINE_UUID / "notebooks" / f"{uuid_of('Step')}.html").read_text(encoding="utf-8")

    def test_cells_run_in_order_and_the_log_numbers_them(self):
        self.parameters = {"fruit": "banana"}
        ran = self.run_notebook("import orchest, os\nfor i in range(5):\n    print(i)", "quiet = 1", ("raise RuntimeError", "skip"), "orchest.get_pipeline_param('fruit'), os.getcwd()",
                                "print('no newline', end='')", "display('shown')")
        self.assert_printed(ran, "[1] 0\n1\n2\n3\n4\n\n[3] ('banana', '/project-dir/deep')\n\n[4] no newline\n\n[5] 'shown'\n")
        self.assertEqual([cell["execution_count"] for cell in self.saved["cells"]], [1, 2, None, 3, 4, 5])
        self.assertEqual(self.saved["cells"][0]["outputs"], [{"name": "stdout", "output_type": "stream", "text": "0\n1\n2\n3\n4\n"}])
        self.assertIn("banana", self.page)

    def test_it_stops_at_the_first_error_with_the_traceback(self):
        ran = self.run_notebook("print('before')", "def broken():\n    raise ValueError('bad fruit')\nbroken()", "print('never')")
        self.assertEqual(ran.code, 1)
        self.assertTrue(ran.out.startswith("[1] before\n\n[2] "), ran.out)
        self.assertIn("Traceback (most recent call last)", ran.out)
        self.assertIn("raise ValueError('bad fruit')", ran.out)
        self.assertTrue(ran.out.endswith("ValueError: bad fruit\n"), ran.out)
        self.assertNotIn("\x1b", ran.out)
        self.assertEqual(self.log()[1], ran.out)
        self.assertEqual(self.saved["cells"][1]["outputs"][-1]["ename"], "ValueError")
        self.assertEqual(self.saved["cells"][2]["execution_count"], None)
        self.assertIn("bad fruit", self.page)

    def test_everything_but_the_outputs_stays_as_it_was(self):
        self.run_notebook("print(1)", mine={"kept": [1]})
        before, after = json.loads(notebook("print(1)", mine={"kept": [1]})), self.saved
        for cells in (before["cells"], after["cells"]):
            cells[0].pop("outputs")
            cells[0].pop("execution_count")
        self.assertEqual(after, before)
        self.assertEqual(after["metadata"]["kernelspec"]["name"], "orchest-kernel-7")

    def test_it_is_saved_after_each_cell(self):
        ran = self.run_notebook("print('saved')", "import json\nprint(json.load(open('note.ipynb'))['cells'][0]['outputs'][0]['text'])")
        self.assert_printed(ran, "[1] saved\n\n[2] saved\n\n")

    def test_data_passes_between_a_notebook_and_a_script(self):
        self.step("A", "a.py", "import orchest\norchest.output([1, 2], 'numbers')")
        self.assertEqual(self.run_step("A").code, 0)
        self.step("Step", "deep/note.ipynb", notebook("import orchest\norchest.output(sum(orchest.get_inputs()['numbers']), 'sum')"), after=["A"])
        self.step("C", "c.py", "import orchest\nprint(orchest.get_inputs())", after=["Step"])
        self.new_run_of_same_project()
        self.assertEqual(self.run_step("Step", {"SWITCHYARD_NOTEBOOK_RUNNER": self.runner}).code, 0)
        self.assertEqual(self.run_step("C").out, "{'unnamed': [], 'sum': 3}\n")

    def new_run_of_same_project(self):
        os.unlink(str(self.project) + ".pipeline-written")

    def test_the_polite_signal_ends_it_and_what_was_done_is_saved(self):
        self.step("Step", "deep/note.ipynb", notebook("print('ready')", "import time\nprint('sleeping', flush=True)\ntime.sleep(600)"))
        folder = self.attempt("Step")
        process = self.start(folder, SWITCHYARD_NOTEBOOK_RUNNER=self.runner)
        deadline = time.monotonic() + 60
        log = self.project / ".orchest" / "pipelines" / PIPELINE_UUID / "logs" / f"{uuid_of('Step')}.log"
        while time.monotonic() < deadline and not (log.exists() and "sleeping" in log.read_text()):
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGTERM)
        ran = self.finish(process, folder)
        self.assertEqual(ran.code, -signal.SIGTERM)
        self.assertTrue(ran.out.startswith("[1] ready\n\n[2] sleeping\n"), ran.out)
        self.assertEqual([cell["execution_count"] for cell in self.saved["cells"]], [1, 2])

    def test_what_is_no_notebook_is_refused(self):
        for text, words in (("{", "is not valid JSON"), ("[]", "is not a Jupyter notebook of format 4"), ('{"cells": [], "nbformat": 3}', "is not a Jupyter notebook of format 4")):
            self.step("Step", "deep/note.ipynb", text)
            ran = self.run_step("Step", {"SWITCHYARD_NOTEBOOK_RUNNER": self.runner})
            self.assertEqual(ran.code, 1)
            self.assertIn(words, ran.out)

    def test_a_language_without_a_kernel_says_what_to_install(self):
        ran = self.run_notebook("1", kernelspec={"name": "julia-1.7", "display_name": "Julia", "language": "julia"})
        if ran.code == 0:
            self.skipTest("a Jupyter kernel for Julia is installed here")
        self.assertIn('Pkg.add("IJulia")', ran.out)


@unittest.skipIf(REASON, REASON)
class Plainly(Notebooks, OrchestTest):
    runner = "plain"

    def test_names_of_other_platforms_are_not_there(self):
        self.assert_printed(self.run_notebook("print([name for name in ('dbutils', 'displayHTML', 'getArgument') if name in globals()])"), "[1] []\n")


@unittest.skipIf(REASON or NO_KERNEL, REASON or NO_KERNEL)
class InAKernel(Notebooks, OrchestTest):
    runner = "jupyter"

    def test_the_kernel_has_no_names_of_ours_and_leaves_no_file(self):
        ran = self.run_notebook("print([name for name in dir() if name in ('dbutils', 'sys', '_setup')], type(get_ipython()).__name__)\nimport sys\nprint([p for p in sys.path if p.endswith('/runtime')])")
        self.assert_printed(ran, "[1] [] ZMQInteractiveShell\n[]\n")
        self.assertEqual(os.listdir(ran.folder), ["step.json"])
        self.assertIn("jp-Notebook", self.page)

    def test_an_r_notebook_runs_in_r(self):
        ran = self.run_notebook("x <- 6 * 7\ncat(x, getwd(), '\\n')", "stop('bad fruit')", kernelspec={"name": "orchest-ir", "display_name": "R", "language": "R"})
        if "apt-get install r-cran-irkernel" in ran.out:
            self.skipTest("there is no Jupyter kernel for R (Debian: apt-get install r-cran-irkernel)")
        self.assertEqual(ran.code, 1)
        self.assertTrue(ran.out.startswith("[1] 42 /project-dir/deep \n\n[2] "), ran.out)
        self.assertIn("bad fruit", ran.out)
        self.assertEqual(self.saved["metadata"]["kernelspec"]["name"], "orchest-ir")

    def test_an_environment_without_a_kernel_runs_the_cells_itself(self):
        place = str(self.base / "venv")
        subprocess.run([PYTHON, "-m", "venv", "--without-pip", place], check=True)
        self.step("Step", "deep/note.ipynb", notebook("import sys\nprint(sys.prefix)"))
        self.assert_printed(self.run_step("Step", environment_directory=place), f"[1] {place}\n")
        ran = self.run_step("Step", {"SWITCHYARD_NOTEBOOK_RUNNER": "jupyter"}, environment_directory=place)
        self.assertIn("has no ipykernel. Install it in the environment of this step.", ran.out)

    def test_an_environment_with_a_kernel_runs_it(self):
        place = str(self.base / "venv")
        subprocess.run([PYTHON, "-m", "venv", "--without-pip", "--system-site-packages", place], check=True)
        self.step("Step", "deep/note.ipynb", notebook("import sys\nprint(sys.prefix, type(get_ipython()).__name__)"))
        self.assert_printed(self.run_step("Step", environment_directory=place), f"[1] {place} ZMQInteractiveShell\n")
