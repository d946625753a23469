"""Python file tasks: as Python itself would run them, with their failure written down."""
import json
import signal

from harness import EXAMPLES, RUNTIME, RuntimeTest


class Scripts(RuntimeTest):
    def test_a_script_is_main_with_its_arguments_and_its_folder(self):
        self.write("beside.py", "word = 'beside'")
        ran = self.run_script("import sys, beside\nprint(__name__, sys.argv[1:], beside.word, __file__ == sys.argv[0], sys.path[0] == __file__.rsplit('/', 1)[0])",
                              "--data", "a b", "é")
        self.assert_ok(ran)
        self.assertEqual(ran.out, "__main__ ['--data', 'a b', 'é'] beside True True\n")

    def test_dbutils_is_there_without_an_import(self):
        ran = self.run_script("dbutils.jobs.taskValues.set('n', 3)\ndef f():\n    return dbutils.widgets.get('p')\nprint(f())", parameters={"p": "v"})
        self.assert_ok(ran)
        self.assertEqual(ran.out, "v\n")
        self.assertEqual(ran.result["values"], {"n": 3})

    def test_a_failure_reads_as_python_prints_it(self):
        ran = self.run_script("def main():\n    raise RuntimeError('intentional failure')\n\nmain()\n")
        self.assertEqual(ran.code, 1)
        self.assertEqual(ran.result["error"], "RuntimeError: intentional failure")
        file = self.workspace / "script.py"
        plain = f'Traceback (most recent call last):\n  File "{file}", line 4, in <module>\n    main()\n  File "{file}", line 2, in main\n    raise RuntimeError(\'intentional failure\')\nRuntimeError: intentional failure\n'
        self.assertEqual("".join(line for line in ran.err.splitlines(True) if set(line.strip()) - set("^~") or not line.strip()), plain)
        self.assertEqual(ran.result["error_trace"], ran.err)

    def test_values_set_before_a_crash_are_kept(self):
        ran = self.run_script("dbutils.jobs.taskValues.set('k', [1])\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
        self.assertEqual(ran.code, -signal.SIGKILL)
        self.assertEqual(ran.result["values"], {"k": [1]})

    def test_exit_codes_are_those_of_python(self):
        for code, wanted, error in (("sys.exit()", 0, None), ("sys.exit(0)", 0, None), ("sys.exit(7)", 7, "SystemExit: 7"), ("sys.exit('no words')", 1, "SystemExit: no words")):
            ran = self.run_script("import sys\n" + code)
            self.assertEqual((ran.code, ran.result.get("error")), (wanted, error), code)
            self.assertEqual(ran.err, "no words\n" if "words" in code else "")

    def test_notebook_exit_ends_a_script_too(self):
        ran = self.run_script("dbutils.notebook.exit('v')\nprint('never')")
        self.assert_ok(ran)
        self.assertEqual((ran.out, ran.result["exit_value"]), ("", "v"))

    def test_syntax_errors_and_missing_files_are_failures(self):
        ran = self.run_script("def f(:\n")
        self.assertEqual(ran.code, 1)
        self.assertTrue(ran.result["error"].startswith("SyntaxError: "))
        folder = self.task("/none.py", self.workspace / "none.py", kind="python")
        ran = self.finish(self.start(folder, [RUNTIME / "script.py", self.workspace / "none.py"]), folder)
        self.assertEqual(ran.code, 1)
        self.assertTrue(ran.result["error"].startswith("FileNotFoundError: "))

    def test_finally_and_atexit_run_and_threads_are_waited_for(self):
        ran = self.run_script("import atexit, threading, time\natexit.register(print, 'atexit')\nthreading.Thread(target=lambda: (time.sleep(.2), print('thread'))).start()\n"
                              "try:\n    1 / 0\nfinally:\n    print('finally')")
        self.assertEqual(ran.code, 1)
        self.assertEqual(ran.out, "finally\nthread\natexit\n")

    def test_the_word_count_example_runs(self):
        text = self.write("words.txt", "one two two three three three")
        folder = self.task("/word_count.py", EXAMPLES / "scripts" / "word_count.py", kind="python")
        ran = self.finish(self.start(folder, [RUNTIME / "script.py", EXAMPLES / "scripts" / "word_count.py", "--top", "2", text]), folder)
        self.assert_ok(ran)
        self.assertEqual([line.split() for line in ran.out.splitlines()][:2], [["3", "three"], ["2", "two"]])
        self.assertIn("6 words, 3 different", ran.out)

    def test_the_probe_prints_one_line_of_json(self):
        folder = self.task("/x", "x")
        ran = self.finish(self.start(folder, [RUNTIME / "probe.py"]), folder)
        self.assertEqual(set(json.loads(ran.out)), {"version", "executable", "jupyter"})
        self.assertEqual(ran.out.count("\n"), 1)
