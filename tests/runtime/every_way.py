"""What a step of an Orchest pipeline is promised, whichever way its private view comes about."""
import json
import os
import re
import signal
import time

from orchest_harness import PIPELINE_UUID, PROJECT_UUID, uuid_of


class EveryWay:
    def test_the_document_s_example_reads_parameters_of_both_levels(self):
        self.parameters = {"vegetable": "carrot", "fruit": "banana"}
        self.step("Step", "step.py", """import orchest

# Get the parameters of the current step and the pipeline.
fruit = orchest.get_step_param("fruit")               # "apple"
vegetable = orchest.get_pipeline_param("vegetable")   # "carrot"
print(fruit, vegetable)
print(orchest.get_pipeline_param("fruit"), orchest.get_step_param("candy"), orchest.get_step_param("vegetable"), orchest.get_step_param("vegetable", "none"))
print(orchest.parameters.get_params())
""", parameters={"candy": "chocolate", "fruit": "apple"})
        self.assert_printed(self.run_step("Step"), "apple carrot\nbanana chocolate None none\n"
                            "({'candy': 'chocolate', 'fruit': 'apple'}, {'fruit': 'banana', 'vegetable': 'carrot'})\n")

    def test_data_passes_from_step_to_step_in_the_order_of_the_connections(self):
        self.step("A", "a.py", "import orchest\norchest.output({'carrot': 1}, name='harvest')")
        self.step("B", "b.py", "import orchest\norchest.output('first', name='kept not')\norchest.output([1, 2], name=None)")
        self.step("C", "c.py", "import orchest, warnings\nwarnings.simplefilter('error')\ntry:\n    orchest.transfer.output_to_memory('c', None)\nexcept UserWarning as w:\n    print(w)\n"
                  "warnings.simplefilter('ignore')\norchest.transfer.output_to_memory('c', None)")
        self.step("D", "d.py", "import orchest\nprint(orchest.get_inputs())", after=["C", "A", "B"])
        for title in "ABC":
            self.assertEqual(self.run_step(title).code, 0)
        self.assertEqual(self.log("C")[1], "Data is not passed in memory; it is written to disk.\n")
        self.assertEqual(self.run_step("D").out, "{'unnamed': ['c', [1, 2]], 'harvest': {'carrot': 1}}\n")
        self.assertRegex(self.head("A"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d; PICKLE; harvest$")
        self.assertTrue(self.head("B").endswith("; PICKLE; unnamed"))

    def test_the_environment_is_the_user_s_and_then_ours(self):
        ran = self.run_code("import os, sys, stat\nfor name in sorted(os.environ):\n    if name.startswith('ORCHEST_') or name == 'MINE':\n        print(name, os.environ[name])\n"
                            "print(os.getcwd(), sys.argv, os.environ['PATH'])\nopen('made', 'w')\nprint(oct(stat.S_IMODE(os.stat('made').st_mode)))",
                            {"MINE": "a b", "ORCHEST_STEP_UUID": "not this", "PATH": "/nowhere:" + os.environ["PATH"]}, name="inner/step.py", path="/usr/local/bin:/usr/bin:/bin")
        self.assert_printed(ran, "MINE a b\nORCHEST_CLUSTER cluster-1\nORCHEST_NAMESPACE orchest\nORCHEST_PIPELINE_PATH /pipeline.json\n"
                            f"ORCHEST_PIPELINE_UUID {PIPELINE_UUID}\nORCHEST_PROJECT_UUID {PROJECT_UUID}\nORCHEST_SESSION_TYPE noninteractive\n"
                            f"ORCHEST_SESSION_UUID {self.session}\nORCHEST_STEP_UUID {uuid_of('Step')}\n"
                            "/project-dir/inner ['/project-dir/inner/step.py'] /usr/local/bin:/usr/bin:/bin\n0o664\n")

    def test_shell_steps_have_an_extension_or_none(self):
        self.pipeline_path = "pipelines/main.orchest"
        for name in ("run.sh", "run", "up/RUN.SH", "é t é/naïve file.sh"):
            self.assertEqual(self.run_code('echo "$0 $# ${BASH_VERSION:+bash} $PWD"', name=name).out,
                             f"/project-dir/pipelines/{name} 0 bash {os.path.dirname('/project-dir/pipelines/' + name)}\n")

    def test_a_file_is_relative_to_the_pipeline_s_directory_and_may_be_below_data(self):
        self.pipeline_path = "pipelines/main.orchest"
        self.write("scripts/up.sh", "echo up")
        self.data.mkdir()
        (self.data / "tool.sh").write_text("echo tool in $PWD")
        for path, said in (("../scripts/up.sh", "up\n"), ("/data/tool.sh", "tool in /data\n"), ("/project-dir/scripts/up.sh", "up\n")):
            self.step("Step", path)
            self.assertEqual(self.run_step("Step").out, said)

    def test_a_path_that_leaves_the_project_is_refused(self):
        (self.project / "link.sh").symlink_to("/etc/passwd")
        (self.project / "etc").symlink_to("/etc")
        for path in ("../../x.sh", "/etc/passwd", "link.sh", "etc/passwd", "/project-dir/../etc/passwd"):
            self.step("Step", path)
            ran = self.run_step("Step")
            self.assertEqual(ran.code, 1)
            self.assertRegex(ran.out, r'^Orchest error: the file ".*" leads to .*, which is neither in the project nor in /data\n$', path)

    def test_a_missing_file_is_said_in_the_log(self):
        self.step("Step", "no such.py")
        ran = self.run_step("Step")
        self.assertEqual((ran.code, ran.out), (1, 'Orchest error: could not find file "/project-dir/no such.py"\n'))
        self.assertEqual(self.log()[1], ran.out)

    def test_what_is_not_installed_says_what_to_install(self):
        for name, words in (("x.R", "needs Rscript, .*r-base-core"), ("x.jl", "needs julia, .*julialang"), ("x.js", "needs node, .*nodejs"), ("x.sh", "needs bash, .*bash"),
                            ("x.scala", 'extension "scala" are not run .*; known are py, ipynb, r, sh, jl, js')):
            ran = self.run_code("", name=name, path="/nowhere")
            self.assertEqual(ran.code, 1)
            self.assertRegex(ran.out, f"^Orchest error: .*{words}")
            self.assertEqual(self.log()[1], ran.out)

    def test_the_exit_code_is_the_step_s(self):
        self.assertEqual(self.run_code("raise SystemExit(7)").code, 7)
        ran = self.run_code("print('before')\n1 / 0")
        self.assertEqual(ran.code, 1)
        self.assertTrue(ran.out.startswith("before\nTraceback"), ran.out)
        self.assertTrue(ran.out.endswith("ZeroDivisionError: division by zero\n"), ran.out)

    def test_the_log_begins_with_another_uuid_each_time_and_has_both_streams_in_order(self):
        text = "for n in 1 2 3; do echo out $n; echo err $n >&2; done; printf 'é no newline'"
        said = "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\né no newline"
        seen = set()
        for _ in range(2):
            self.assert_printed(self.run_code(text, name="x.sh"), said)
            seen.add(self.log()[0])
        self.assertEqual(len(seen), 2)
        for first in seen:
            self.assertRegex(first, re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"))

    def test_no_output_is_lost_however_the_step_ends(self):
        size = 3_000_000
        ran = self.run_code(f"import os, signal, sys\nsys.stdout.write('x' * {size} + 'end')\nsys.stdout.flush()\nos.kill(os.getpid(), signal.SIGKILL)")
        self.assertIn(ran.code, (-signal.SIGKILL, 128 + signal.SIGKILL))
        self.assertEqual(len(ran.out), size + 3)
        self.assertTrue(ran.out.endswith("end"))
        self.assertEqual(self.log()[1], ran.out)

    def test_a_process_left_behind_does_not_hold_the_step(self):
        ran = self.run_code("sleep 600 & echo done", name="x.sh")
        self.assert_printed(ran, "done\n")

    def test_data_is_shared_by_runs_and_made_when_missing(self):
        self.assertEqual(self.run_code("echo one > /data/note; echo mine > mine", name="x.sh").code, 0)
        self.new_run()
        self.assert_printed(self.run_code("cat /data/note; ls; echo two >> /data/note", name="x.sh"), "one\nmain.orchest\nx.sh\n")
        self.assertEqual((self.data / "note").read_text(), "one\ntwo\n")

    def test_the_pipeline_file_is_sorted_and_read_only_and_its_values_are_this_run_s(self):
        self.pipeline_path = "deep/er/main.orchest"
        self.write(self.pipeline_path, "{}")
        self.parameters = {"b": [1], "a": "é"}
        ran = self.run_code("import json\nprint(json.load(open('/pipeline.json'))['parameters'])\ntry:\n    open('/pipeline.json', 'w')\nexcept OSError as error:\n    print(error.strerror)")
        self.assert_printed(ran, "{'a': 'é', 'b': [1]}\nRead-only file system\n")
        self.assertEqual((self.project / self.pipeline_path).read_text(), json.dumps(self.pipeline, indent=4, sort_keys=True))

    def test_what_a_step_changes_in_the_pipeline_file_stays(self):
        self.step("A", "a.sh", "echo '{\"mine\": 1}' > /project-dir/main.orchest")
        self.step("B", "b.sh", "cat /pipeline.json")
        self.assertEqual(self.run_step("A").code, 0)
        self.assertEqual(self.run_step("B").out, '{"mine": 1}\n')

    def test_nothing_is_left_in_the_machine_s_root(self):
        def seen():
            with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
                return sorted(os.listdir("/")), sum(1 for _ in mounts)

        before = seen()
        ran = self.run_code("import os\nprint(sorted({'project-dir', 'data', 'pipeline.json', 'usr', 'proc'} & set(os.listdir('/'))))\n"
                            "for path in ('/made', '/made.txt'):\n    try:\n        os.mkdir(path)\n    except OSError as error:\n        print(error.strerror)\n"
                            "print([name for name in os.listdir('/') if 'switchyard' in name])")
        self.assert_printed(ran, "['data', 'pipeline.json', 'proc', 'project-dir', 'usr']\nRead-only file system\nRead-only file system\n[]\n")
        self.assertEqual(seen(), before)

    def test_the_node_is_seen_where_it_is(self):
        self.assert_printed(self.run_code(f"import os, sys\nprint(os.path.exists({str(self.base)!r}), os.getpid() == int(os.readlink('/proc/self')), os.path.exists('/dev/null'), os.getuid())\n"
                                          "open('/dev/null', 'w').write('x')\nimport tempfile\ntempfile.NamedTemporaryFile().write(b'x')"),
                            f"True True True {self.user if self.user is not None else os.getuid()}\n")

    def test_the_polite_signal_reaches_the_step_once_and_its_end_counts(self):
        text = ("import signal, sys, time\ndef stop(*_):\n    print('stopping', flush=True)\n    time.sleep(0.5)\n    print('stopped', flush=True)\n    sys.exit(5)\n"
                "signal.signal(signal.SIGTERM, stop)\nprint('ready', flush=True)\ntime.sleep(600)")
        self.step("Step", "step.py", text)
        ran = self.run_and_signal(signal.SIGTERM)
        self.assertEqual((ran.code, ran.out), (5, "ready\nstopping\nstopped\n"))

    def test_the_polite_signal_ends_a_step_that_does_not_care(self):
        self.step("Step", "step.sh", "echo ready; sleep 600; echo never")
        ran = self.run_and_signal(signal.SIGTERM)
        self.assertIn(ran.code, (-signal.SIGTERM, 128 + signal.SIGTERM))
        self.assertEqual(ran.out, "ready\n")

    def run_and_signal(self, number):
        """Runs the step, and signals the launcher's process group once its log says `ready`."""
        folder = self.attempt("Step")
        process = self.start(folder)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not self._ready():
            time.sleep(0.02)
        os.killpg(process.pid, number)
        return self.finish(process, folder)

    def _ready(self):
        try:
            return self.log()[1].startswith("ready\n")
        except FileNotFoundError:
            return False
