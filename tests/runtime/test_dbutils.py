"""dbutils by itself, without a runner."""
import contextlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from harness import RUNTIME

sys.path.insert(0, str(RUNTIME))

from dbutils import DBUtils, InputWidgetNotDefined  # noqa: E402
from switchyard_task import result, secrets  # noqa: E402
from switchyard_task.task import Task  # noqa: E402


def utilities(folder=None, **data):
    return DBUtils(task=Task(folder, data))


class WidgetRules(unittest.TestCase):
    def test_every_kind_has_a_default_and_yields_to_what_was_supplied(self):
        widgets = utilities(parameters={"b": "given", "n": 5}).widgets
        widgets.text("a", "1")
        widgets.dropdown("b", "x", ["x", "y"])
        widgets.combobox("c", "z", ["x"], "label")
        widgets.multiselect("d", "x", ["x", "y"])
        self.assertEqual(widgets.getAll(), {"a": "1", "b": "given", "c": "z", "d": "x", "n": "5"})

    def test_a_default_must_be_a_choice(self):
        with self.assertRaisesRegex(ValueError, "not one of its choices"):
            utilities().widgets.dropdown("b", "q", ["x", "y"])

    def test_removed_widgets_are_gone(self):
        widgets = utilities(parameters={"p": "1", "q": "2"}).widgets
        widgets.remove("p")
        with self.assertRaises(InputWidgetNotDefined):
            widgets.get("p")
        widgets.removeAll()
        self.assertEqual(widgets.getAll(), {})
        widgets.text("p", "d")
        self.assertEqual(widgets.get("p"), "1")

    def test_get_argument_takes_a_default(self):
        self.assertEqual(utilities().widgets.getArgument("x", "d"), "d")
        with self.assertRaises(InputWidgetNotDefined):
            utilities().widgets.getArgument("x")


class SecretRules(unittest.TestCase):
    def setUp(self):
        told = {"values": {"db/password": "czNjcjN0", "db/binary": "/w=="}, "left_out": ["db/huge"]}
        patch = mock.patch.dict(os.environ, SWITCHYARD_SECRETS=json.dumps(told))
        patch.start()
        self.addCleanup(patch.stop)
        secrets._read = None
        self.addCleanup(setattr, secrets, "_read", None)

    def test_what_was_given_is_read_and_listed(self):
        book = utilities().secrets
        self.assertEqual(book.get("db", "password"), "s3cr3t")
        self.assertEqual(book.getBytes("db", "binary"), b"\xff")
        self.assertEqual([secret.key for secret in book.list("db")], ["binary", "huge", "password"])
        self.assertEqual([scope.getName() for scope in book.listScopes()], ["db"])

    def test_what_was_not_given_says_why(self):
        book = utilities().secrets
        with self.assertRaisesRegex(Exception, "does not exist with scope: db and key: none"):
            book.get("db", "none")
        with self.assertRaisesRegex(Exception, "120000 bytes"):
            book.get("db", "huge")
        with self.assertRaisesRegex(Exception, "Scope other"):
            book.list("other")

    def test_secrets_are_taken_out_of_results_and_pages(self):
        with tempfile.TemporaryDirectory() as folder:
            result.set_exit(folder, "the s3cr3t value")
            result.set_value(folder, "k", ["s3cr3t", 1])
            kept = result.read(folder)
        self.assertEqual((kept["exit_value"], kept["values"]), ("the [REDACTED] value", {"k": ["[REDACTED]", 1]}))
        self.assertEqual(secrets.redact_page("<b>s3cr3t</b>"), "<b>[REDACTED]</b>")


class TaskValueRules(unittest.TestCase):
    def test_outside_a_job_get_wants_a_debug_value_and_set_does_nothing(self):
        values = utilities().jobs.taskValues
        values.set("k", 1)
        self.assertEqual(values.get("t", "k", default=2, debugValue=3), 3)
        with self.assertRaises(TypeError) as raised:
            values.get("t", "k", default=2)
        self.assertEqual(str(raised.exception), "Must pass debugValue when calling get outside of a job context. debugValue cannot be None.")

    def test_inside_a_job_the_debug_value_is_not_used(self):
        values = utilities(run_id=1, task_values={"t": {"k": None, "zero": 0}}).jobs.taskValues
        self.assertIsNone(values.get("t", "k", debugValue=3))
        self.assertEqual(values.get("t", "zero", default=9), 0)
        for task, key in (("t", "none"), ("u", "k")):
            with self.assertRaisesRegex(ValueError, "no default was given"):
                values.get(task, key, debugValue=3)

    def test_values_are_json_of_at_most_48_kib(self):
        with tempfile.TemporaryDirectory() as folder:
            values = utilities(folder, run_id=1).jobs.taskValues
            values.set("k", "x" * (48 * 1024 - 2))
            for bad in ("x" * (48 * 1024 - 1), "é" * 24576, object(), float("nan"), {1: {2}}, "\ud800"):
                with self.assertRaises(ValueError):
                    values.set("bad", bad)
            with self.assertRaises(ValueError):
                values.set("", 1)
            self.assertEqual(list(result.read(folder)["values"]), ["k"])

    def test_writers_in_many_processes_lose_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            code = f"import sys; sys.path.insert(0, {str(RUNTIME)!r})\nfrom switchyard_task import result\nfor n in range(50): result.set_value({folder!r}, sys.argv[1] + str(n), n)"
            writers = [subprocess.Popen([sys.executable, "-c", code, name]) for name in "abc"]
            self.assertEqual([writer.wait(120) for writer in writers], [0, 0, 0])
            self.assertEqual(len(result.read(folder)["values"]), 150)
            self.assertEqual([name for name in os.listdir(folder) if name.startswith(".tmp")], [])


class Files(unittest.TestCase):
    def setUp(self):
        self.base = pathlib.Path(tempfile.mkdtemp())
        self.root = self.base / "dbfs"
        self.root.mkdir()
        self.fs = utilities().fs
        patch = mock.patch.dict(os.environ, SWITCHYARD_DBFS_ROOT=str(self.root))
        patch.start()
        self.addCleanup(patch.stop)
        silence = contextlib.redirect_stdout(io.StringIO())
        silence.__enter__()
        self.addCleanup(silence.__exit__, None, None, None)

    def test_files_are_written_read_listed_moved_and_removed(self):
        self.fs.put("dbfs:/a/b.txt", "hello")
        self.assertEqual((self.root / "a" / "b.txt").read_text(), "hello")
        for path in ("dbfs:/a/b.txt", "/dbfs/a/b.txt", "/a/b.txt", f"file:{self.root}/a/b.txt"):
            self.assertEqual(self.fs.head(path, 4), "hell")
        with self.assertRaises(FileExistsError):
            self.fs.put("/a/b.txt", "x")
        self.fs.put("/a/b.txt", "more", True)
        self.fs.mkdirs("dbfs:/a/c")
        found = self.fs.ls("dbfs:/a")
        self.assertEqual([(f.path, f.name, f.size, f.isDir()) for f in found], [("dbfs:/a/b.txt", "b.txt", 4, False), ("dbfs:/a/c/", "c/", 0, True)])
        self.assertEqual([f.name for f in self.fs.ls("/a/b.txt")], ["b.txt"])
        self.fs.cp("/a", "/copy", recurse=True)
        self.fs.mv("/copy/b.txt", f"file:{self.base}/out.txt")
        self.assertEqual((self.base / "out.txt").read_text(), "more")
        self.assertEqual([f.name for f in self.fs.ls("/copy")], ["c/"])
        with self.assertRaises(OSError):
            self.fs.rm("/a")
        self.assertTrue(self.fs.rm("/a", True))
        self.assertFalse(self.fs.rm("/a"))
        with self.assertRaises(FileNotFoundError):
            self.fs.ls("/a")

    def test_no_path_leaves_the_root(self):
        secret = self.base / "secret"
        secret.write_text("s")
        (self.root / "link").symlink_to(self.base)
        (self.root / "direct").symlink_to(secret)
        for path in ("dbfs:/../secret", "/dbfs/../secret", "/a/../../secret", "/link/secret", "/direct", "dbfs://../secret"):
            with self.assertRaises((PermissionError, FileNotFoundError), msg=path):
                self.fs.head(path)
        for refused in (lambda: self.fs.rm("dbfs:/", True), lambda: self.fs.mv("/", "/x", True)):
            with self.assertRaises(PermissionError):
                refused()
        for path in ("relative", "s3://bucket/x", "/a\0b"):
            with self.assertRaises(ValueError):
                self.fs.ls(path)

    def test_without_a_root_dbfs_says_so(self):
        del os.environ["SWITCHYARD_DBFS_ROOT"]
        with self.assertRaisesRegex(RuntimeError, "SWITCHYARD_DBFS_ROOT"):
            self.fs.ls("dbfs:/")


class TheRest(unittest.TestCase):
    def test_help_names_every_part_and_function(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            utilities().help()
            utilities().help("jobs")
            utilities().fs.help("cp")
            utilities().widgets.help()
        for word in ("dbutils.secrets", "set(key, value)", "cp(from_, to, recurse=False)", "dropdown("):
            self.assertIn(word, out.getvalue())

    def test_the_sdk_stand_in_says_what_is_missing(self):
        code = (f"import sys; sys.path.insert(0, {str(RUNTIME)!r})\nfrom switchyard_task import paths\npaths.arrange()\nfrom databricks.sdk.runtime import dbutils\n"
                "try:\n    from databricks.sdk import WorkspaceClient\nexcept ImportError as error:\n    print(error)")
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
        self.assertIn("databricks-sdk", ran.stdout, ran.stderr)

    def test_a_real_sdk_is_never_hidden(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "databricks"))
            pathlib.Path(folder, "databricks", "__init__.py").write_text("real = True")
            code = f"import sys; sys.path[:0] = [{str(RUNTIME)!r}, {folder!r}]\nfrom switchyard_task import paths\npaths.arrange()\nimport databricks\nprint(databricks.real)"
            ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
            self.assertEqual(ran.stdout, "True\n", ran.stderr)
