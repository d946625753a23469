"""Warehouses: the databases that SQL tasks run on. An address is sqlite:FILE or postgresql://USER@HOST/DATABASE; a password
comes in $PGPASSWORD, never as an argument."""
from __future__ import annotations

import csv
import io
import os
import secrets
import shutil
import sqlite3
import subprocess
import tempfile

from . import sql_text
from .sql_text import SqlNotRead  # noqa: F401  of run, as SqlFailed is

_NULL = "\x01null\x01"


class SqlFailed(Exception):
    """A statement that a database refused."""


def run(address, text, parameters):
    """Runs the statements of a text; yields (statement, columns, rows) for each as it is done. Without columns there are no rows."""
    if address.startswith("sqlite:"):
        return _sqlite(address[len("sqlite:"):], text, parameters)
    return _postgresql(address, text, parameters)


def kind(address):
    return "sqlite" if address.startswith("sqlite:") else "postgresql"


def _sqlite(file, text, parameters):
    os.makedirs(os.path.dirname(os.path.abspath(file)), exist_ok=True)
    connection = sqlite3.connect(file, timeout=60, isolation_level=None)
    try:
        connection.execute("pragma journal_mode=wal")
        waiting = ""
        for piece in sql_text.statements(text, parameters, dollars=False):
            # The body of a trigger has semicolons of its own.
            waiting = f"{waiting};\n{piece}" if waiting else piece
            if not sqlite3.complete_statement(waiting + ";"):
                continue
            statement, waiting = waiting, ""
            yield (statement, *_execute(connection, statement))
        if waiting:
            yield (waiting, *_execute(connection, waiting))
    finally:
        connection.close()


def _execute(connection, statement):
    try:
        cursor = connection.execute(statement)
        columns = [column[0] for column in cursor.description or ()]
        return columns, cursor.fetchall() if columns else []
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise SqlFailed(f"{error}\nin: {statement}") from None


def _postgresql(address, text, parameters):
    program = shutil.which("psql")
    if program is None:
        raise SqlFailed("psql, which speaks to PostgreSQL, is not installed here. Debian: apt-get install postgresql-client")
    pieces = sql_text.statements(text, parameters, dollars=True)
    mark = "-- switchyard " + secrets.token_hex(16)
    words = [program, "--no-psqlrc", "--quiet", "--no-password", "--csv", "--set=ON_ERROR_STOP=1", f"--pset=null={_NULL}", "--pset=footer=off", f"--dbname={address}", "--file=-"]
    with tempfile.TemporaryFile() as script, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        for piece in pieces:
            script.write(f"{piece}\n;\n\\echo '{mark}'\n".encode("utf-8"))
        script.seek(0)
        code = subprocess.call(words, stdin=script, stdout=out, stderr=errors, env=dict(os.environ, PGCLIENTENCODING="UTF8", PGAPPNAME="switchyard"))
        out.seek(0)
        done = out.read().decode("utf-8", "replace").split(mark + "\n")
        for piece, answer in zip(pieces, done[:-1]):
            yield (piece, *_table(answer))
        if code != 0:
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip()
            raise SqlFailed(said.replace("psql:<stdin>:", "line ", 1) or f"psql ended with code {code}")


def _table(answer):
    rows = list(csv.reader(io.StringIO(answer, newline="")))
    if not rows:
        return [], []
    return rows[0], [tuple(None if value == _NULL else value for value in row) for row in rows[1:]]
