"""Reading notebook files, and the HTML made of them."""
import pathlib
import sys
import tempfile
import unittest

from harness import RUNTIME

sys.path.insert(0, str(RUNTIME))

from switchyard_task import cells, highlight, html, markdown, sanitize  # noqa: E402
from switchyard_task.source import Cell, Notebook, read_notebook  # noqa: E402


def parse(text, name="n.py"):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, name)
        file.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
        return read_notebook(str(file))


class Reading(unittest.TestCase):
    def test_cells_magics_and_titles_of_the_source_format(self):
        book = parse("# Databricks notebook source\r\n# DBTITLE 1,The start\r\nx = 1\r\n\r\n# COMMAND ----------\r\n\r\n# MAGIC %md\r\n# MAGIC # Head\r\n# MAGIC\r\n# MAGIC text\r\n# COMMAND ----------\r\n# MAGIC %sh ls\r\n")
        self.assertEqual([(c.kind, c.code, c.title) for c in book.cells], [("python", "x = 1", "The start"), ("markdown", "# Head\n\ntext", None), ("shell", "ls", None)])

    def test_other_languages_have_their_own_comment_mark(self):
        book = parse("-- Databricks notebook source\nselect 1\n-- COMMAND ----------\n-- MAGIC %python\n-- MAGIC print(1)\n", "q.sql")
        self.assertEqual([(c.kind, c.code) for c in book.cells], [("sql", "select 1"), ("python", "print(1)")])
        self.assertEqual([c.kind for c in parse("# Databricks notebook source\nx <- 1\n", "n.r").cells], ["r"])

    def test_run_and_pip_lines_belong_to_python(self):
        book = parse("# Databricks notebook source\n# MAGIC %run ./a\n# COMMAND ----------\n# MAGIC %pip install x\nimport x\n")
        self.assertEqual([c.kind for c in book.cells], ["python", "python"])
        self.assertEqual(cells.replace_magics(book.cells[1].code), "__magic__('%', 'pip install x')\nimport x")

    def test_a_modulo_is_no_magic(self):
        self.assertEqual([c.kind for c in parse("%rubbish = 1").cells], ["python"])

    def test_an_empty_file_has_no_cells(self):
        self.assertEqual(parse("").cells, [])
        self.assertEqual(parse("# Databricks notebook source\n").cells, [])

    def test_a_byte_order_mark_is_not_code(self):
        self.assertEqual(parse(b"\xef\xbb\xbf# Databricks notebook source\nx").cells[0].code, "x")


class Pages(unittest.TestCase):
    def page(self, *outputs, code="x", kind="python"):
        cell = Cell(kind, code, code)
        cell.outputs = list(outputs)
        return html.render(Notebook("<t>", [cell]), "plain")

    def test_everything_a_notebook_says_is_escaped(self):
        evil = "<script>alert(1)</script>"
        page = self.page(
            {"output_type": "stream", "name": "stdout", "text": evil},
            {"output_type": "error", "ename": evil, "evalue": evil, "traceback": [f"\x1b[31m{evil}\x1b[0m"]},
            {"output_type": "display_data", "data": {"text/plain": evil}},
            {"output_type": "display_data", "data": {"text/markdown": f"{evil} [x](javascript:alert(1))"}},
            {"output_type": "display_data", "data": {"image/png": f'"{evil}'}}, code=f"s = '{evil}'")
        self.assertNotIn("<script", page)
        self.assertNotIn("javascript:", page)
        self.assertNotIn("\x1b", page)
        self.assertIn("&lt;t&gt;", page)
        self.assertIn("Content-Security-Policy", page)
        self.assertNotIn("<script", self.page(code=evil, kind="markdown") + self.page(code=evil, kind="raw") + self.page(code=evil, kind="shell"))

    def test_html_that_needs_scripts_is_framed_apart(self):
        page = self.page({"output_type": "display_data", "data": {"text/html": "<div id=p></div><script>draw()</script>"}})
        self.assertIn('<iframe sandbox="allow-scripts" title="output" srcdoc="&lt;div', page)
        self.assertNotIn("<script", page)

    def test_tables_pass_and_tricks_do_not(self):
        self.assertEqual(sanitize.clean('<table border="1"><tr><td colspan=2 onclick="x()" style="position:fixed">a & b</td></tr></table>'),
                         '<table border="1"><tr><td colspan="2">a &amp; b</td></tr></table>')
        for trick in ('<img src=x onerror=alert(1)>', '<a href="javascript:alert(1)">x</a>', '<style>*{}</style>', '</div></div><p onload=a>', '<base href=//evil>', '<meta http-equiv=refresh>'):
            made = sanitize.clean(trick)
            for bad in ("onerror", "javascript", "{}", "</div>", "onload", "base", "meta"):
                self.assertNotIn(bad, made, trick)
        self.assertEqual(sanitize.clean("<div><b>open"), "<div><b>open</b></div>")

    def test_pictures_are_embedded(self):
        page = self.page({"output_type": "display_data", "data": {"image/png": "iVBORw0=\n", "text/plain": "<Figure>"}},
                         {"output_type": "display_data", "data": {"image/svg+xml": "<svg><script>x</script></svg>"}})
        self.assertIn('src="data:image/png;base64,iVBORw0="', page)
        self.assertIn('src="data:image/svg+xml;base64,', page)
        self.assertNotIn("<svg", page)

    def test_code_is_coloured_and_unchanged(self):
        import html as escapes
        import re
        for code in ("def f(x):\n    return 'a<b' # no\n", "x = '''a\nb'''\nprint(f\"{x!r} {1+1:>{3}}\")", "if (", "%sh ls", "\tx = 1\\\n  + 2\n\n\n", "a = 'é' + \"ü\" # ñ"):
            made = highlight.python(code)
            self.assertEqual(escapes.unescape(re.sub(r"</?span[^>]*>", "", made)), code)
        self.assertIn('<span class="k">def</span> <span class="d">f</span>', highlight.python("def f(): pass"))


class Markdown(unittest.TestCase):
    def test_the_usual_marks(self):
        for text, wanted in (
                ("# A *b*", "<h1>A <em>b</em></h1>"),
                ("a **b** `c<d` ~~e~~", "<p>a <strong>b</strong> <code>c&lt;d</code> <del>e</del></p>"),
                ("snake_case_name 2*3*4", "<p>snake_case_name 2*3*4</p>"),
                ("- a\n- b\n  - c", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"),
                ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
                ("> q\n> r", "<blockquote><p>q\nr</p></blockquote>"),
                ("```py\nx < 1\n```", "<pre><code>x &lt; 1</code></pre>"),
                ("---", "<hr>"),
                ("[a](https://x.y/?a=1&b=2)", '<p><a href="https://x.y/?a=1&amp;b=2" rel="noopener noreferrer">a</a></p>'),
                ("[a](javascript:x)", "<p>a</p>"),
                ("|a|b|\n|-|-|\n|1|2|", "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"),
                ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>")):
            self.assertEqual(markdown.render(text), wanted)

    def test_strange_input_ends(self):
        for text in ("*" * 3000, "[" * 3000, ">" * 3000, "- " * 3000, "`" * 3001, "|" * 3000 + "\n|-|", "\n  \n- a\n\n\n  b\n\n   - c", "_a" * 3000):
            markdown.render(text)
