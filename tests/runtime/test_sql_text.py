"""SQL as text: statements and parameters, whatever stands in quotes and comments."""
import sys
import unittest

from harness import RUNTIME

sys.path.insert(0, str(RUNTIME))

from switchyard_task.sql_text import SqlNotRead, statements  # noqa: E402


class SqlText(unittest.TestCase):
    def check(self, text, expected, parameters=None, dollars=True):
        self.assertEqual(statements(text, parameters or {}, dollars), expected)

    def test_semicolons_end_statements_but_not_in_quotes_and_comments(self):
        self.check("select 1;; select ';'; -- a ; b\n; /* ; /* ; */ ; */ select \"a;b\" ;", ["select 1", "select ';'", "/* ; /* ; */ ; */ select \"a;b\""])

    def test_comments_alone_are_no_statement(self):
        self.check("-- nothing\n/* at all */", [])
        self.check("", [])

    def test_dollar_quotes_are_postgresql_s_alone(self):
        self.check("select $$a;b$$; select $x$ ; $$ ; $x$", ["select $$a;b$$", "select $x$ ; $$ ; $x$"])
        self.check("select a$b$c; select 1", ["select a$b$c", "select 1"])
        self.check("select '$$'; select 1", ["select '$$'", "select 1"], dollars=False)

    def test_backslashes_escape_in_e_texts_only(self):
        self.check("select E'a\\'; b'; select 2", ["select E'a\\'; b'", "select 2"])
        self.check("select 'a\\'; select 2", ["select 'a\\'", "select 2"])

    def test_commands_of_a_client_are_refused(self):
        for text in ("\\! id", "select 1 \\gexec"):
            with self.assertRaises(SqlNotRead):
                statements(text, {}, True)

    def test_what_does_not_end_is_refused(self):
        for text in ("select 'a", "select \"a", "/* a", "select $x$ a"):
            with self.assertRaises(SqlNotRead):
                statements(text, {}, True)

    def test_named_parameters_are_always_values(self):
        values = {"n": "3", "t": "x'; drop table y; --"}
        self.check("select :n, :t, a::int, :other, ':n' -- :n", ["select '3', 'x''; drop table y; --', a::int, :other, ':n' -- :n"], values)

    def test_references_cannot_end_what_they_stand_in(self):
        values = {"table": "s.t", "n": "-1.5e3", "evil": "1; drop table y", "quote": "a'b\"c"}
        self.check("select {{ n }}, '{{quote}}', \"{{quote}}\", {{evil}}, {{other}} from {{table}}",
                   ["select -1.5e3, 'a''b\"c', \"a'b\"\"c\", '1; drop table y', {{other}} from s.t"], values)
        self.check("select $${{code}}$$; select E'{{back}}'", ["select $${{code}}$$", r"select E'a\\''; b'"], {"code": "$$", "back": r"a\'; b"})


if __name__ == "__main__":
    unittest.main()
