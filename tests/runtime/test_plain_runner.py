"""The plain runner: what both runners promise, and what only it shows."""
from both_runners import BothRunners
from harness import RuntimeTest


class PlainRunner(BothRunners, RuntimeTest):
    runner = "plain"

    def test_a_traceback_names_the_cell_and_hides_the_runner(self):
        ran = self.run_cells("x = 1", "try:\n    int('a')\nexcept ValueError as error:\n    raise RuntimeError('outer') from error")
        trace = ran.result["error_trace"]
        self.assertIn('File "main, cell 2", line 2, in <module>\n    int(\'a\')', trace)
        self.assertIn("direct cause", trace)
        self.assertEqual(trace.count("File "), 2)
        self.assertTrue(trace.endswith("RuntimeError: outer\n"))

    def test_future_imports_last(self):
        ran = self.run_cells("from __future__ import annotations", "def f(x: Unknown): pass\nprint(f.__annotations__)")
        self.assert_ok(ran)
        self.assertIn("{'x': 'Unknown'}", ran.out)

    def test_an_unknown_magic_says_what_would_know_it(self):
        ran = self.run_cells("%timeit 1")
        self.assertIn("nbclient", ran.result["error"])

    def test_a_percent_sign_inside_a_text_is_no_magic(self):
        ran = self.run_cells('text = """\n%sh no\n! no\n"""\nprint(text.count("no"))')
        self.assert_ok(ran)
        self.assertIn("2\n", ran.out)
