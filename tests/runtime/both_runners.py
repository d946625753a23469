"""What a notebook can rely on in either runner. test_plain_runner and test_jupyter_runner run these."""
import json
import os
import signal
import zipfile


class BothRunners:
    def test_output_of_cells_goes_to_the_log_and_into_the_notebook(self):
        ran = self.run_cells("print('one')", "import sys\nprint('two', file=sys.stderr)", "6 * 7")
        self.assert_ok(ran)
        self.assertIn("one\n", ran.out)
        self.assertIn("42\n", ran.out)
        self.assertIn("two\n", ran.err)
        outputs = [output for cell in ran.notebook["cells"] for output in cell["outputs"]]
        self.assertEqual([o["output_type"] for o in outputs], ["stream", "stream", "execute_result"])
        self.assertEqual(outputs[0]["text"], "one\n")
        self.assertEqual(ran.result["runner"], self.runner)
        self.assertEqual(ran.notebook["metadata"]["switchyard"]["runner"], self.runner)
        self.assertNotIn(self.runner, ran.out.lower())

    def test_variables_last_from_cell_to_cell_and_await_works_at_the_top(self):
        ran = self.run_cells("import asyncio\nx = 1", "await asyncio.sleep(0)\nx += 1", "print('x is', x)")
        self.assert_ok(ran)
        self.assertIn("x is 2", ran.out)

    def test_a_semicolon_hides_the_last_value(self):
        ran = self.run_cells("'shown'", "'hidden';", "x = 3; x")
        self.assertNotIn("hidden", ran.out)
        self.assertIn("shown", ran.out)
        self.assertIn("3\n", ran.out)

    def test_a_failing_cell_ends_the_notebook_with_its_error(self):
        ran = self.run_cells("dbutils.jobs.taskValues.set('early', 1)", "def load():\n    raise ValueError('no rows')\n\nload()", "print('never')")
        self.assertEqual(ran.code, 1)
        self.assertEqual(ran.result["error"], "ValueError: no rows")
        self.assertIn("raise ValueError('no rows')", ran.result["error_trace"])
        self.assertIn("load()", ran.result["error_trace"])
        self.assertNotIn("switchyard_task", ran.result["error_trace"])
        self.assertIn("ValueError: no rows", ran.err)
        self.assertEqual(ran.result["values"], {"early": 1})
        self.assertNotIn("never", ran.out)
        self.assertIn("no rows", ran.html)
        self.assertEqual(ran.notebook["cells"][1]["outputs"][-1]["ename"], "ValueError")
        self.assertEqual(ran.notebook["cells"][2]["outputs"], [])
        self.assertIsNone(ran.notebook["cells"][2]["execution_count"])

    def test_a_syntax_error_names_its_line(self):
        ran = self.run_cells("x = 1\nif x\n    pass")
        self.assertEqual(ran.code, 1)
        self.assertTrue(ran.result["error"].startswith("SyntaxError: "), ran.result["error"])
        self.assertIn("if x", ran.result["error_trace"])

    def test_exit_ends_the_notebook_as_a_success_with_its_value(self):
        ran = self.run_cells("try:\n    dbutils.notebook.exit('done: 3')\nexcept Exception:\n    print('swallowed')", "print('never')")
        self.assert_ok(ran)
        self.assertEqual(ran.result["exit_value"], "done: 3")
        self.assertFalse(ran.result["exit_value_truncated"])
        self.assertNotIn("swallowed", ran.out)
        self.assertNotIn("never", ran.out)
        self.assertNotIn("NotebookExit", ran.err + ran.html)
        self.assertIn("Notebook exited: done: 3", ran.html)

    def test_without_exit_there_is_no_exit_value(self):
        ran = self.run_cells("1")
        self.assert_ok(ran)
        self.assertNotIn("exit_value", ran.result)

    def test_a_long_exit_value_is_cut_at_five_megabytes(self):
        ran = self.run_cells("dbutils.notebook.exit('é' * 4_000_000)")
        self.assert_ok(ran)
        self.assertTrue(ran.result["exit_value_truncated"])
        self.assertEqual(len(ran.result["exit_value"].encode()), 5 * 1024 * 1024)

    def test_an_exit_value_that_is_long_as_json_stays_within_what_the_host_passes_on(self):
        ran = self.run_cells("dbutils.notebook.exit('\\x01' * 5_000_000)")
        self.assert_ok(ran)
        self.assertTrue(ran.result["exit_value_truncated"])
        self.assertLess(os.path.getsize(os.path.join(ran.folder, "result.json")), 11 * 1024 * 1024)

    def test_a_nul_character_in_the_source_fails_instead_of_waiting(self):
        ran = self.run_cells("print(1)", "x = '\0'")
        self.assertEqual(ran.code, 1)
        self.assertIn("Cell 2 of ", ran.result["error"])
        self.assertIn("NUL character", ran.result["error"])

    def test_sys_exit_follows_its_code(self):
        self.assert_ok(self.run_cells("import sys\nsys.exit(0)", "print('never')"))
        ran = self.run_cells("import sys\nsys.exit(3)")
        self.assertEqual(ran.code, 1)
        self.assertEqual(ran.result["error"], "SystemExit: 3")

    def test_a_supplied_parameter_wins_over_the_default(self):
        ran = self.run_cells(
            "dbutils.widgets.text('day', 'monday')\ndbutils.widgets.text('city', 'Oslo')",
            "print(dbutils.widgets.get('day'), dbutils.widgets.get('city'), dbutils.widgets.get('undeclared'), getArgument('day'))",
            parameters={"day": "friday", "undeclared": "u"})
        self.assert_ok(ran)
        self.assertIn("friday Oslo u friday", ran.out)

    def test_a_missing_parameter_says_how_to_define_it(self):
        ran = self.run_cells("dbutils.widgets.get('day')", parameters={"dya": "friday"})
        self.assertEqual(ran.code, 1)
        self.assertTrue(ran.result["error"].startswith("InputWidgetNotDefined: No input widget named 'day' is defined."), ran.result["error"])
        self.assertIn("dya", ran.result["error"])

    def test_task_values_come_from_earlier_tasks_and_go_to_later_ones(self):
        ran = self.run_cells(
            "values = dbutils.jobs.taskValues\nprint(values.get('clean', 'rows')['n'], values.get('clean', 'none', default=5), values.get('nobody', 'x', default='d', debugValue='no'))",
            "values.set('list', [1, {'a': None}])\nvalues.set(key='text', value='é')",
            task_values={"clean": {"rows": {"n": 12}}})
        self.assert_ok(ran)
        self.assertIn("12 5 d", ran.out)
        self.assertEqual(ran.result["values"], {"list": [1, {"a": None}], "text": "é"})

    def test_language_magics_run_shell_and_show_text(self):
        ran = self.run_cells("# MAGIC %md\n# MAGIC # A *title*", "# MAGIC %sh\n# MAGIC echo from-the-shell $((1+1))\n# MAGIC exit 3", "# MAGIC %python\n# MAGIC print('python too')")
        self.assert_ok(ran)
        self.assertIn("from-the-shell 2", ran.out)
        self.assertIn("python too", ran.out)
        self.assertEqual([cell["cell_type"] for cell in ran.notebook["cells"]], ["markdown", "code", "code"])
        self.assertTrue(ran.notebook["cells"][1]["source"].startswith("%sh"))

    def test_a_strict_shell_cell_fails_with_its_script(self):
        ran = self.run_cells("# MAGIC %sh -e\n# MAGIC false\n# MAGIC echo never")
        self.assertEqual(ran.code, 1)
        self.assertIn("exit code 1", ran.result["error"])
        self.assertNotIn("never", ran.out)

    def test_a_language_that_is_not_available_fails_clearly(self):
        for magic, name in (("sql", "SQL"), ("scala", "Scala"), ("r", "R")):
            ran = self.run_cells(f"# MAGIC %{magic}\n# MAGIC select 1")
            self.assertEqual(ran.code, 1)
            self.assertTrue(ran.result["error"].startswith(f"LanguageNotAvailable: {name} cells are not available"), ran.result["error"])

    def test_an_included_notebook_shares_the_namespace(self):
        self.source("/Users/x/lib/shared", "# MAGIC %run ./deeper", "def double(n):\n    return 2 * n + extra", "print('parameter', dbutils.widgets.get('p'))")
        self.source("/Users/x/lib/deeper", "extra = 1")
        ran = self.run_cells("# MAGIC %run ./lib/shared $p=\"with space\"", "print('result', double(4))")
        self.assert_ok(ran)
        self.assertIn("parameter with space", ran.out)
        self.assertIn("result 9", ran.out)

    def test_an_error_in_an_included_notebook_shows_its_line(self):
        self.source("/Users/x/bad", "1 / 0")
        ran = self.run_cells("# MAGIC %run ./bad")
        self.assertEqual(ran.result["error"], "ZeroDivisionError: division by zero")
        self.assertIn("1 / 0", ran.result["error_trace"])

    def test_an_included_notebook_may_not_be_missing_or_outside(self):
        (self.base / "secret.py").write_text("print('outside')")
        for path in ("./missing", "../../../../secret", "/../secret"):
            ran = self.run_cells(f"# MAGIC %run {path}")
            self.assertEqual(ran.code, 1)
            self.assertTrue(ran.result["error"].startswith("NotebookNotFound: "), ran.result["error"])
            self.assertNotIn("outside", ran.out)

    def test_another_notebook_runs_in_a_process_of_its_own_and_returns_its_value(self):
        self.source("/Users/x/child", "print('in the child', dbutils.widgets.get('n'))\nx = 99\ndbutils.notebook.exit(int(dbutils.widgets.get('n')) + 1)")
        ran = self.run_cells("x = 1\nanswer = dbutils.notebook.run('./child', 60, {'n': 41})", "print('answer', repr(answer), 'x', x)")
        self.assert_ok(ran)
        self.assertIn("in the child 41", ran.out)
        self.assertIn("answer '42' x 1", ran.out)
        self.assertNotIn("exit_value", ran.result)

    def test_a_failing_or_slow_notebook_fails_its_caller(self):
        self.source("/Users/x/bad", "raise KeyError('gone')")
        self.source("/Users/x/slow", "import time\ntime.sleep(600)")
        ran = self.run_cells("dbutils.notebook.run('bad')")
        self.assertEqual(ran.result["error"], "WorkflowException: Notebook /Users/x/bad failed: KeyError: 'gone'")
        ran = self.run_cells("dbutils.notebook.run('/Users/x/slow', 1)")
        self.assertEqual(ran.result["error"], "WorkflowException: Notebook /Users/x/slow did not finish within 1 seconds and was stopped.")

    def test_a_jupyter_file_runs_and_its_skip_cells_do_not(self):
        cells = [("markdown", "# t", []), ("code", "x = [1, 2]\nlen(x)", []), ("code", "raise RuntimeError('skipped')", ["skip"]), ("code", "%%sh\necho cell $((2+2))", []),
                 ("code", "!echo line magic", []), ("raw", "raw text", [])]
        document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
            {"cell_type": kind, "source": source.splitlines(True), "metadata": {"tags": tags}, **({"outputs": [], "execution_count": None} if kind == "code" else {})}
            for kind, source, tags in cells]}
        ran = self.run_file("/Users/x/j", self.write("/Users/x/j.ipynb", json.dumps(document)))
        self.assert_ok(ran)
        self.assertIn("2\n", ran.out)
        self.assertIn("cell 4", ran.out)
        self.assertIn("line magic", ran.out)

    def test_plain_python_is_a_notebook_of_one_cell(self):
        ran = self.run_file("/p", self.write("/p.py", "print('plain file')\n'last'\n"))
        self.assert_ok(ran)
        self.assertIn("plain file", ran.out)
        self.assertEqual(len(ran.notebook["cells"]), 1)

    def test_rich_values_are_kept_for_the_export(self):
        ran = self.run_cells(
            "displayHTML('<table><tr><td>cell-one</td></tr></table>')", "display([{'city': 'Oslo <b>', 'n': 1}])",
            "class Rich:\n    def _repr_html_(self):\n        return '<b>rich</b>'\n    def __repr__(self):\n        return 'Rich()'\nRich()")
        self.assert_ok(ran)
        self.assertIn("cell-one", ran.html)
        self.assertIn("Oslo &lt;b&gt;", ran.html)
        self.assertIn("<b>rich</b>", ran.html)
        self.assertIn("Rich()", ran.out)
        self.assertIn("Oslo <b>", ran.out)

    def test_modules_beside_the_notebook_are_imported_and_ours_hide_none(self):
        self.write("/Users/x/source.py", "here = 'the author\\'s source'")
        ran = self.run_cells("import source\nprint(source.here)\nfrom dbruntime import dbutils as a\nfrom databricks.sdk.runtime import dbutils as b\nprint(a is dbutils, b is dbutils)\nimport pickle\nclass C: pass\nprint(type(pickle.loads(pickle.dumps(C()))) is C)")
        self.assert_ok(ran)
        self.assertIn("the author's source", ran.out)
        self.assertIn("True True\nTrue", ran.out)

    def test_restart_python_forgets_variables_and_keeps_the_rest(self):
        ran = self.run_cells("x = 1\ndbutils.jobs.taskValues.set('a', 1)\nprint('before')", "dbutils.library.restartPython()", "print('x' in globals(), dbutils.widgets.get('p'))", parameters={"p": "kept"})
        self.assert_ok(ran)
        self.assertIn("False kept", ran.out)
        self.assertEqual(ran.out.count("before"), 1)
        self.assertEqual(ran.result["values"], {"a": 1})
        self.assertEqual([c["execution_count"] for c in ran.notebook["cells"]], [1, 2, 3])
        self.assertEqual(ran.notebook["cells"][0]["outputs"][0]["text"], "before\n")

    def test_a_request_to_stop_still_leaves_a_whole_result(self):
        file = self.source("/slow", "dbutils.jobs.taskValues.set('k', 'kept')\nprint('started')\nimport time\ntime.sleep(600)")
        folder = self.task("/slow", file)
        import harness
        process = self.start(folder, [harness.RUNTIME / "notebook.py"])
        line = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        ran = self.finish(process, folder)
        self.assertEqual(line, "started\n")
        self.assertNotEqual(ran.code, 0)
        self.assertTrue(ran.result["error"].startswith("Terminated: "), ran.result)
        self.assertEqual(ran.result["values"], {"k": "kept"})
        self.assertIn("started", ran.notebook["cells"][0]["outputs"][0]["text"])
        self.assertTrue("started" in ran.html, "the page lacks the output")

    def test_pip_magic_uses_this_interpreter_or_says_why_not(self):
        ran = self.run_cells("# MAGIC %pip install ./no-such-directory-here")
        self.assertEqual(ran.code, 1)
        self.assertTrue(ran.result["error"].startswith("MagicFailed: %pip install ./no-such-directory-here"), ran.result["error"])

    def test_pip_installs_for_this_notebook_alone_also_after_a_restart_of_python(self):
        wheel = self.workspace / "hello-1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, text in (("hello/__init__.py", "word = 'hello'\ndef main():\n    print('script')\n"),
                               ("hello-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: hello\nVersion: 1.0\n"),
                               ("hello-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
                               ("hello-1.0.dist-info/entry_points.txt", "[console_scripts]\nsay-hello = hello:main\n"), ("hello-1.0.dist-info/RECORD", "")):
                archive.writestr(name, text)
        ran = self.run_cells(f"# MAGIC %pip install --no-index {wheel}", "import hello\nprint(hello.word)\nx = 1", "# MAGIC %sh say-hello",
                             "dbutils.library.restartPython()", "import hello\nprint(hello.word, 'x' in globals())", "# MAGIC %sh say-hello", "dbutils.notebook.exit(hello.__file__)")
        self.assert_ok(ran)
        self.assertIn("hello False\nscript\n", ran.out)
        self.assertEqual(ran.out.count("script\n"), 2)
        self.assertTrue(ran.result["exit_value"].startswith(str(ran.folder)), ran.result)
        other = self.run_cells("import hello")
        self.assertEqual(other.result["error"], "ModuleNotFoundError: No module named 'hello'")

    def test_sql_cells_run_on_the_warehouse_with_the_widgets_as_parameters(self):
        variables = {"SWITCHYARD_WAREHOUSE": f"sqlite:{self.base}/warehouse.db"}
        ran = self.run_cells("# MAGIC %sql create table t (a int, b text); insert into t values (1, 'x'), (2, :word)",
                             "# MAGIC %sql\n# MAGIC -- what there is\n# MAGIC select a, b from t\n# MAGIC where a >= :least order by a",
                             "dbutils.notebook.exit(str(_sqldf))", variables=variables, parameters={"word": "it's", "least": "2"})
        self.assert_ok(ran)
        self.assertEqual(ran.result["exit_value"], "[{'a': 2, 'b': \"it's\"}]")
        self.assertTrue("<td>2</td>" in ran.html, "the page lacks the rows")
        ran = self.run_file("/Users/x/query", self.write("/Users/x/query.sql", "-- Databricks notebook source\nselect * from nowhere\n"), variables)
        self.assertEqual(ran.result["error"], "MagicFailed: %sql: no such table: nowhere")

    def test_a_flood_of_output_does_not_end_in_the_notebook_file(self):
        ran = self.run_cells("for n in range(60000):\n    print('line', n, 'x' * 60)\nprint('the end')")
        self.assert_ok(ran)
        self.assertIn("line 59999 ", ran.out)
        self.assertLess(len((ran.folder / "notebook.ipynb").read_text()), 3_000_000)
        self.assertIn("more output is in the task", ran.notebook["cells"][0]["outputs"][0]["text"])

    def test_a_missing_file_is_an_error_and_not_a_crash(self):
        ran = self.run_file("/gone", self.workspace / "gone.py")
        self.assertEqual(ran.code, 1)
        self.assertTrue(ran.result["error"].startswith("FileNotFoundError: "), ran.result["error"])

    def test_a_broken_jupyter_file_says_what_is_wrong(self):
        for text, wanted in (("{", "not valid JSON"), ('{"nbformat":3,"cells":[]}', "nbformat 3"), ("[]", "no cells")):
            ran = self.run_file("/b", self.write("/b.ipynb", text))
            self.assertEqual(ran.code, 1)
            self.assertIn(wanted, ran.result["error"])

    def test_text_that_no_encoding_takes_does_not_break_the_result(self):
        ran = self.run_cells("print('printed \\ud800')", "dbutils.notebook.exit('bad \\ud800 half')")
        self.assert_ok(ran)
        self.assertEqual(ran.result["exit_value"], "bad ? half")

    def test_the_examples_run_as_a_job_would_run_them(self):
        import harness
        notebooks = harness.EXAMPLES / "notebooks"
        ended = {}
        for task, name, after in (("clean_data", "clean-data.py", None), ("analyze_data", "analyze-data.py", "clean_data"), ("query-logs", "log-query.py", None),
                                  ("validate_output", "validate-query-results.py", "query-logs"), ("example", "example-notebook.py", None), ("pi", "estimate-pi.ipynb", None)):
            values = {after: ended[after].result["values"]} if after else {}
            ended[task] = self.run_file("/Users/user@databricks.com/" + name.rsplit(".", 1)[0], notebooks / name, task_key=task, task_values=values, workspace_root=str(notebooks))
            self.assert_ok(ended[task])
        summary = json.loads(ended["clean_data"].result["exit_value"])
        self.assertEqual(summary["rows"], ended["clean_data"].result["values"]["rows"])
        self.assertEqual(json.loads(ended["analyze_data"].result["exit_value"])["rows"], summary["rows"])
        self.assertEqual(ended["validate_output"].result["exit_value"], "4 lines valid")
        self.assertEqual(ended["example"].result["exit_value"], "Hello, world!")
        self.assertTrue(ended["pi"].result["exit_value"].startswith("3.1"))
