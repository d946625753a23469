"""Steps of Orchest pipelines: many at once, their services, environments and SDK, and what cannot be."""
import json
import os
import pickle
import shutil
import socket
import subprocess
import sys
import threading
import unittest

from harness import REPOSITORY
from orchest_harness import PIPELINE_UUID, PYTHON, OrchestTest, uuid_of


def _why_no_view():
    if shutil.which("unshare") is None:
        return "unshare is not installed"
    tried = subprocess.run(["unshare", *([] if os.geteuid() == 0 else ["-U"]), "-m", "true"], capture_output=True, text=True)
    return None if tried.returncode == 0 else f"no private mounts can be made here: {tried.stderr.strip()}"


REASON = _why_no_view()
if REASON:
    print(f"test_orchest_steps is skipped: {REASON}", file=sys.stderr)


@unittest.skipIf(REASON, REASON)
class Steps(OrchestTest):
    def test_a_hundred_steps_at_once_write_the_pipeline_file_once(self):
        self.parameters = {"n": 1}
        for number in range(100):
            # Each adds a line: a second writer of the file would take lines away.
            self.step(f"{number:03}", "step.sh", "echo '#' >> /project-dir/main.orchest; echo $ORCHEST_STEP_UUID")
        folders = {number: self.attempt(f"{number:03}") for number in range(100)}
        running = {number: self.start(folder) for number, folder in folders.items()}
        for number, process in running.items():
            ran = self.finish(process, folders[number])
            self.assertEqual((ran.code, ran.out), (0, uuid_of(f"{number:03}") + "\n"))
        text = (self.project / "main.orchest").read_text()
        self.assertEqual(json.loads(text.replace("#\n", "")), self.pipeline)
        self.assertEqual(text.count("#\n"), 100)
        self.assertEqual([name for name in os.listdir(self.project) if "tmp" in name], [])

    def test_where_no_private_mount_can_be_made_the_step_fails_with_the_remedy(self):
        # A user namespace in which no further one is allowed: the machine itself is left alone.
        forbid = ["unshare", "-Ur", "sh", "-c", "echo 0 > /proc/sys/user/max_user_namespaces; echo 0 > /proc/sys/user/max_mnt_namespaces; exec \"$@\"", "sh"]
        tried = subprocess.run([*forbid, "true"], capture_output=True, text=True)
        if tried.returncode != 0 or "denied" in tried.stderr:
            self.skipTest(f"the limits of a user namespace cannot be set here: {tried.stderr.strip()}")
        self.step("Step", "step.py", "print('ran')")
        folder = self.attempt("Step")
        ran = self.finish(self.start(folder, *forbid), folder)
        self.assertEqual(ran.code, 1)
        self.assertIn("Orchest error: this step cannot have its own /project-dir, /data and /pipeline.json, because no private mount can be made here (root: unshare: ", ran.out)
        self.assertIn("Install bubblewrap (Debian: apt-get install bubblewrap)", ran.out)
        self.assertNotIn("ran\n", ran.out)
        self.assertEqual(self.log()[1], ran.out)

    def test_what_the_node_has_below_data_cannot_be_seen_and_is_asked_for_elsewhere(self):
        # A step is itself a node with a /data.
        self.step("Step", "step.sh", f"cp -r /project-dir/attempt /data/ && cd /data/attempt && {PYTHON} -u {self.runtime}/orchest_step.py")
        self.write("attempt/step.json", (self.attempt("Step") / "step.json").read_text())
        ran = self.run_step("Step")
        self.assertEqual(ran.code, 1)
        self.assertIn("Orchest error: a step cannot see /data/attempt, because its own /data lies over the node's. Keep the server's program and its data directory out of", ran.out)

    @unittest.skipUnless(os.geteuid() == 0, "shared mounts take root")
    def test_where_mounts_are_shared_none_of_a_step_s_get_out(self):
        # As systemd makes them. The namespace around is only there so that this machine is left alone.
        watch = 'before=$(wc -l < /proc/self/mountinfo); "$@"; code=$?; [ $before = $(wc -l < /proc/self/mountinfo) ] || echo leaked; exit $code'
        self.step("Step", "step.sh", "ls /project-dir")
        folder = self.attempt("Step")
        ran = self.finish(self.start(folder, "unshare", "-m", "--propagation", "shared", "sh", "-c", watch, "sh"), folder)
        self.assertEqual((ran.code, ran.out), (0, "main.orchest\nstep.sh\n"))

    def test_a_link_in_the_project_does_not_lead_our_own_files_out_of_it(self):
        outside = self.base / "outside"
        outside.mkdir()
        (self.project / ".orchest").symlink_to(outside)
        self.assertIn("leads out of the project, to ", self.run_code("print(1)").out)
        (self.project / ".orchest").unlink()
        self.new_run()
        self.pipeline_path = "sub/main.orchest"
        (self.project / "sub").symlink_to(outside)
        self.step("Step", "/project-dir/step.sh")
        self.assertIn("leads out of the project, to ", self.run_step("Step").out)
        self.assertEqual(os.listdir(outside), [])

    def test_a_step_file_that_says_nothing_sensible_is_refused_by_field(self):
        for field, value in (("project_directory", "runs/1"), ("data_directory", None), ("pipeline_path", "../main.orchest"), ("pipeline_path", "/main.orchest"), ("pipeline_uuid", "../x"),
                             ("step_uuid", ""), ("pipeline", [])):
            ran = self.run_code("print(1)", **{field: value})
            self.assertEqual(ran.code, 1)
            self.assertRegex(ran.out, rf"^Orchest error: step.json: (neither )?{field} (is not|nor run_parameters is) ")
        self.assertIn("has no step 9", self.run_code("", step_uuid="9").out)
        folder = self.attempt("Step")
        (folder / "step.json").write_text("{")
        self.assertIn("cannot be read: ", self.finish(self.start(folder), folder).out)

    def test_an_attempt_begins_the_log_again_and_keeps_the_data_of_other_steps(self):
        self.step("A", "a.py", "import orchest, os\nif os.path.exists('/data/again'):\n    orchest.output(1, 'n')\nelse:\n    open('/data/again', 'w')\n    1 / 0")
        self.assertEqual(self.run_step("A").code, 1)
        self.assertEqual(self.run_step("A").code, 0)
        self.assertEqual(self.log("A")[1], "")

    def test_node_steps_run(self):
        if shutil.which("node") is None:
            self.skipTest("node is not installed (Debian: apt-get install nodejs)")
        self.assert_printed(self.run_code("console.log(process.argv.slice(1), process.env.ORCHEST_PIPELINE_PATH)", name="x.js"), "[ '/project-dir/x.js' ] /pipeline.json\n")

    def test_r_steps_run(self):
        if shutil.which("Rscript") is None:
            self.skipTest("Rscript is not installed (Debian: apt-get install r-base-core)")
        self.assert_printed(self.run_code('cat(getwd(), "\\n")', name="x.R"), "/project-dir \n")

    def test_the_vegetables_example_runs(self):
        shutil.copytree(REPOSITORY / "examples" / "orchest" / "vegetables", self.project, dirs_exist_ok=True)
        pipeline = json.loads((self.project / "main.orchest").read_text(encoding="utf-8"))
        grid = json.loads((self.project / "main.parameters.json").read_text(encoding="utf-8"))
        by_title = {about["title"]: uuid for uuid, about in pipeline["steps"].items()}
        self.assertEqual(set(grid), {"pipeline_parameters", by_title["Pick"]})
        pipeline["parameters"].update({name: values[2] for name, values in grid["pipeline_parameters"].items()})
        pipeline["steps"][by_title["Pick"]]["parameters"].update({name: values[1] for name, values in grid[by_title["Pick"]].items()})
        said = [self.run_step(title, pipeline=pipeline, pipeline_uuid=pipeline["uuid"], step_uuid=by_title[title]) for title in ("Pick", "Weigh", "Report")]
        self.assertEqual([ran.code for ran in said], [0, 0, 0], said[-1].out)
        self.assertEqual(said[0].out, "picked beetroot and cherry; the pipeline's own fruit is banana\n")
        self.assertEqual(said[2].out, "[1] ['beetroot', 'cherry']\n\n[2] beetroot     8 g\ncherry       6 g\ntogether    14 g\n")
        self.assertEqual((self.data / "vegetables" / "weights.csv").read_text(), f"{self.session},beetroot cherry,14\n")

    # --- services

    def test_a_step_waits_for_the_ports_of_its_services_and_finds_them_by_name(self):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        self.services = {"redis": {"name": "redis", "image": "redis", "ports": [6379], "scope": ["noninteractive"], "preserve_base_path": False}}
        timer = threading.Timer(1, listener.listen)
        timer.start()
        self.addCleanup(listener.close)
        self.addCleanup(timer.join)
        ran = self.run_code("import orchest, socket\nservice = orchest.get_service('redis')\nprint(service['internal_hostname'], service['external_urls'], service['base_paths'], 'scope' in service)\n"
                            "print(socket.gethostbyname(service['internal_hostname']), list(orchest.get_services()))\nhost, port = service['addresses'][6379].split(':')\nsocket.create_connection((host, int(port)))\n"
                            "try:\n    orchest.get_service('none')\nexcept orchest.error.ServiceNotFound as error:\n    print(error)",
                            services=[{"name": "redis", "host": "127.0.0.1", "ports": {"6379": port}}])
        place = f"redis-{self.session}"
        self.assert_printed(ran, f"{place} {{6379: 'http://{{host_name}}:{{port}}/service-{place}_6379'}} {{6379: '/service-{place}_6379'}} False\n"
                            "127.0.0.1 ['redis']\nCould not find service with name none\n")

    def test_a_service_that_does_not_answer_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            ran = self.run_code("print(1)", services=[{"name": "postgres", "host": "127.0.0.1", "ports": {"5432": port}}], service_wait_seconds=1)
        self.assertEqual(ran.code, 1)
        self.assertEqual(ran.out, f"Orchest error: the service postgres does not answer on its port 5432 (127.0.0.1:{port}) after 1 seconds: Connection refused\n")

    # --- environments and the SDK

    def test_an_environment_s_interpreter_and_programs_come_first(self):
        place = self.environment()
        ran = self.run_code("import os, shutil, sys\nprint(sys.prefix, os.environ['VIRTUAL_ENV'], shutil.which('python'))", environment_directory=place)
        self.assert_printed(ran, f"{place} {place} {place}/bin/python\n")

    def test_an_installed_orchest_package_wins_over_ours(self):
        place = self.environment()
        package = os.path.join(self.site_packages(place), "orchest")
        os.mkdir(package)
        with open(os.path.join(package, "__init__.py"), "w") as out:
            out.write("from orchest.config import Config\n__version__ = '0.3.11'\n")
        with open(os.path.join(package, "config.py"), "w") as out:
            out.write("class Config:\n    STEP_DATA_DIR = '/project-dir/x'\n")
        ran = self.run_code("import orchest, orchest.config\nprint(orchest.__version__, orchest.Config.STEP_DATA_DIR, orchest.__file__)\ntry:\n    import orchest.parameters\nexcept ModuleNotFoundError as error:\n    print(error)",
                            environment_directory=place)
        self.assert_printed(ran, f"0.3.11 /project-dir/x {package}/__init__.py\nNo module named 'orchest.parameters'\n")

    def test_a_directory_of_its_name_is_no_package(self):
        self.write("orchest/notes.txt", "x")
        self.assert_printed(self.run_code("import orchest\nprint(orchest.get_step_param('a', 'ours'))"), "ours\n")

    def test_a_module_of_the_project_wins_too_and_the_user_s_python_path_stays(self):
        self.write("orchest.py", "mine = 1")
        ran = self.run_code("import orchest, os\nprint(orchest.mine, os.environ['PYTHONPATH'].split(':')[0])", {"PYTHONPATH": "/data/lib"})
        self.assert_printed(ran, "1 /data/lib\n")

    def test_a_setup_script_s_environment_is_made_once_for_all_steps_that_name_it(self):
        self.environment_of("e1", "echo made >> /tmp/$(basename $VIRTUAL_ENV).times\nprintf '#!/bin/sh\\necho tool of the environment\\n' > $VIRTUAL_ENV/bin/tool\nchmod +x $VIRTUAL_ENV/bin/tool\ncommand -v pip")
        fields = {"environment": "e1", "environments_directory": str(self.base / "environments")}
        self.step("Step", "step.py", "import subprocess, sys\nsubprocess.run(['tool'])\nprint(sys.prefix, flush=True)")
        folders = [self.attempt("Step", **fields) for _ in range(3)]
        ends = [self.finish(process, folder) for process, folder in [(self.start(folder), folder) for folder in folders]]
        made = [name for name in os.listdir(self.base / "environments") if not name.endswith(".lock")]
        self.assertEqual(len(made), 1)
        times = f"/tmp/{made[0]}.times"
        self.addCleanup(os.unlink, times)
        for ran in ends:
            self.assertEqual(ran.code, 0, ran.out)
            self.assertTrue(ran.out.endswith(f"tool of the environment\n{self.base}/environments/{made[0]}\n"), ran.out)
        self.assertEqual(sum(f"Building the environment Mine ...\n{self.base}/environments/{made[0]}/bin/pip\n" in ran.out for ran in ends), 1)
        with open(times) as source:
            self.assertEqual(source.read(), "made\n")
        self.assertEqual(self.run_step("Step", {"SWITCHYARD_ORCHEST_MOUNTS": "bwrap"}, **fields).out if shutil.which("bwrap") else ends[0].out.split("\n", 1)[1],
                         f"tool of the environment\n{self.base}/environments/{made[0]}\n")

    def test_a_setup_script_that_fails_fails_the_step_and_leaves_nothing(self):
        self.environment_of("e2", "echo half\nexit 3")
        ran = self.run_code("print('never')", environment="e2", environments_directory=str(self.base / "environments"))
        self.assertEqual(ran.code, 1)
        self.assertEqual(ran.out, "Building the environment Mine ...\nhalf\nOrchest error: the setup script of the environment Mine ended with code 3; what it wrote stands above. Nothing of it was kept\n")
        self.assertEqual([name for name in os.listdir(self.base / "environments") if not name.endswith(".lock")], [])
        self.assertIn("the environment none cannot be read", self.run_step("Step", environment="none").out)
        self.assertIn(".orchest/environments/../../../x leads out of the project, to ", self.run_step("Step", environment="../../../x").out)
        self.write(".orchest/environments/e3/properties.json", "[]")
        self.assertIn("the environment e3 cannot be read: its properties.json is not an object", self.run_step("Step", environment="e3").out)

    def test_the_run_s_parameters_can_be_put_into_the_project_s_own_pipeline_file(self):
        self.parameters = {"a": 1, "b": 2}
        self.step("A", "a.py", "import orchest\nprint(orchest.parameters.get_params())", parameters={"c": 3})
        self.step("B", "b.py", "import orchest\nprint(orchest.parameters.get_params())", parameters={"d": 4})
        self.write("main.orchest", json.dumps(self.pipeline))
        fields = {"pipeline": None, "run_parameters": {"pipeline_parameters": {"a": 10}, uuid_of("A"): {"c": 30}}}
        self.assertEqual(self.run_step("A", file_path="a.py", **fields).out, "({'c': 30}, {'a': 10})\n")
        self.assertEqual(self.run_step("B", file_path="b.py", **fields).out, "({'d': 4}, {'a': 10})\n")
        self.new_run()
        self.write("main.orchest", "[]")
        self.assertIn("the pipeline main.orchest cannot be read", self.run_step("A", file_path="a.py", **fields).out)

    def test_inputs_that_are_missing_or_collide_say_which(self):
        self.step("A", "a.py", "import orchest\norchest.output(1, 'same')")
        self.step("B", "b.py", "import orchest\norchest.output(2, 'same')")
        self.step("None", "none.py", "")
        self.step("C", "c.py", "import orchest\nfrom orchest.errors import OutputNotFoundError\ntry:\n    orchest.get_inputs()\nexcept OutputNotFoundError as error:\n    print(error)\n"
                  "print(orchest.get_inputs(ignore_failure=True, verbose=True))", after=["A", "None"])
        self.step("D", "d.py", "import orchest\norchest.get_inputs()", after=["A", "B"])
        self.assertEqual((self.run_step("A").code, self.run_step("B").code), (0, 0))
        self.assertEqual(self.run_step("C").out, f'Output from incoming step "None" ("{uuid_of("None")}") cannot be found. Try rerunning it.\n'
                         'Retrieved input from step: "A"\nFailed to retrieve input from step: "None"\n' "{'unnamed': [None], 'same': 1}\n")
        ran = self.run_step("D")
        self.assertEqual(ran.code, 1)
        self.assertIn('orchest.error.InputNameCollisionError: The steps "A" and "B" both put out data with the name "same".', ran.out)

    def test_names_that_data_cannot_have_and_data_that_cannot_be_written(self):
        ran = self.run_code("import orchest\nfor data, name in ((1, 'unnamed'), (1, 'a; b'), (1, 5), (lambda: 1, 'f')):\n    try:\n        orchest.output(data, name)\n"
                            "    except orchest.error.Error as error:\n        print(type(error).__name__)\ntry:\n    orchest.output(1)\nexcept TypeError:\n    print('name is required')")
        self.assert_printed(ran, "DataInvalidNameError\nDataInvalidNameError\nDataInvalidNameError\nSerializationError\nname is required\n")

    def test_what_another_sdk_wrote_is_read_and_arrow_data_says_what_it_takes(self):
        def wrote(title, kind, data):
            folder = self.project / ".orchest" / "pipelines" / PIPELINE_UUID / "data" / uuid_of(title)
            folder.mkdir(parents=True)
            (folder / "HEAD").write_text(f"2026-11-21T22:59:18; {kind}; {title}")
            (folder / f"{uuid_of(title)}.{kind}").write_bytes(data)

        self.step("P", "p.py", "")
        self.step("Q", "q.py", "")
        self.step("Step", "step.py", "import orchest\ntry:\n    print(orchest.get_inputs())\nexcept orchest.error.DeserializationError as error:\n    print(error)", after=["P"])
        wrote("P", "PICKLE", pickle.dumps({"a": (1, 2)}, 2))
        self.assert_printed(self.run_step("Step"), "{'unnamed': [], 'P': {'a': (1, 2)}}\n")
        wrote("Q", "ARROW_TABLE", b"")
        self.steps[uuid_of("Step")]["incoming_connections"] = [uuid_of("Q")]
        self.new_pipeline_file()
        ran = self.run_step("Step")
        if "ModuleNotFound" not in subprocess.run([PYTHON, "-c", "import pyarrow"], capture_output=True, text=True).stderr:
            self.skipTest("pyarrow is installed here, so that its absence cannot be seen")
        self.assert_printed(ran, 'The output of step "Q" is Arrow data (ARROW_TABLE), which takes the package pyarrow. Install it in the environment of this step.\n')

    def test_the_sdk_outside_a_step_says_what_is_missing(self):
        out = subprocess.run([PYTHON, "-c", "import orchest\nfor call in (lambda: orchest.get_step_param('a'), orchest.get_services):\n    try:\n        call()\n    except orchest.error.Error as error:\n        print(type(error).__name__)"],
                             capture_output=True, text=True, env={"PYTHONPATH": str(self.runtime / "orchest_sdk"), "ORCHEST_PIPELINE_PATH": "/none.json"})
        self.assertEqual(out.stdout, "PipelineDefinitionNotFoundError\nUnrecognizedSessionType\n", out.stderr)

    def new_pipeline_file(self):
        """Lets the next step write the pipeline file again, as a new run would."""
        os.unlink(str(self.project) + ".pipeline-written")

    def environment_of(self, uuid, script):
        """An environment of the project."""
        self.write(f".orchest/environments/{uuid}/properties.json", json.dumps({"uuid": uuid, "name": "Mine", "language": "python", "base_image": "x", "gpu_support": False}))
        self.write(f".orchest/environments/{uuid}/setup_script.sh", script)

    def environment(self):
        place = str(self.base / "venv")
        subprocess.run([PYTHON, "-m", "venv", "--without-pip", place], check=True)
        return place

    def site_packages(self, place):
        return subprocess.run([place + "/bin/python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], capture_output=True, text=True, check=True).stdout.strip()
