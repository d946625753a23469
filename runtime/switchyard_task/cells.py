"""Running one cell of Python in a namespace, as a REPL does."""
from __future__ import annotations

import __future__ as futures
import ast
import asyncio
import inspect
import io
import linecache
import re
import sys
import tokenize

_MAGIC = re.compile(r"^(\s*)(%{1,2}|!)(.*)$")
_FUTURES = 0
for _name in futures.all_feature_names:
    _FUTURES |= getattr(futures, _name).compiler_flag


class Cells:
    """A namespace and what must last from cell to cell: `from __future__` flags and the event loop of top-level await."""

    def __init__(self, namespace):
        self.namespace = namespace
        self._flags = 0
        self._loop = None

    def run(self, code, name):
        """Runs a cell. The value of a last expression goes to sys.displayhook, unless it ends with a semicolon."""
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
        tree = self._parse(code, name)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not _ends_with_semicolon(code):
            last = ast.Expression(tree.body.pop().value)
        if tree.body:
            self._evaluate(tree, name, "exec")
        if last is not None:
            value = self._evaluate(last, name, "eval")
            if value is not None:
                sys.displayhook(value)

    def _parse(self, code, name):
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | self._flags
        try:
            return compile(code, name, "exec", flags, dont_inherit=True)
        except SyntaxError as error:
            plain = replace_magics(code)
            if plain == code:
                raise
            try:
                return compile(plain, name, "exec", flags, dont_inherit=True)
            except SyntaxError:
                raise error from None

    def _evaluate(self, tree, name, mode):
        code = compile(tree, name, mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | self._flags, dont_inherit=True)
        self._flags |= code.co_flags & _FUTURES
        if code.co_flags & inspect.CO_COROUTINE:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                asyncio.set_event_loop(self._loop)
            return self._loop.run_until_complete(eval(code, self.namespace))
        return eval(code, self.namespace)


def replace_magics(code):
    """Lines that start with %, %% or ! become calls of __magic__; a %% magic takes the whole cell."""
    lines = code.split("\n")
    for index, line in enumerate(lines):
        found = _MAGIC.match(line)
        if found is None:
            continue
        indent, mark, rest = found.groups()
        if mark == "%%":
            body = "\n".join(lines[index + 1:])
            lines[index:] = [f"{indent}__magic__({mark!r}, {rest!r}, {body!r})"]
            break
        lines[index] = f"{indent}__magic__({mark!r}, {rest!r})"
    return "\n".join(lines)


def _ends_with_semicolon(code):
    if not code.rstrip().endswith(";") and ";" not in code.rsplit("\n", 1)[-1]:
        return False
    last = None
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER, tokenize.INDENT, tokenize.DEDENT):
                last = token.string
    except (tokenize.TokenError, SyntaxError):
        return False
    return last == ";"
