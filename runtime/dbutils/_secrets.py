"""dbutils.secrets: the secrets that the user this task runs as may read."""
from __future__ import annotations

from collections import namedtuple

from switchyard_task import secrets

from ._part import Part


class SecretNotFound(Exception):
    """A secret that is not there, or not open to this task."""


class SecretMetadata(namedtuple("SecretMetadata", ["key"])):
    """A secret in a list."""


class SecretScope(namedtuple("SecretScope", ["name"])):
    """A scope in a list."""

    def getName(self):
        """The scope's name."""
        return self.name


class Secrets(Part):
    def get(self, scope, key):
        """The text of a secret. It is shown as [REDACTED] wherever it is written."""
        return self.getBytes(scope, key).decode("utf-8")

    def getBytes(self, scope, key):
        """The bytes of a secret."""
        values, left_out = secrets.given()
        name = f"{scope}/{key}"
        if name in values:
            return values[name]
        if name in left_out:
            raise SecretNotFound(
                f"Secret {name} was not given to this task: together a task gets at most 120000 bytes of secrets, the smallest first. "
                "Keep large ones in a scope that fewer users may read, or read them with GET /api/2.0/secrets/get.")
        raise SecretNotFound(f"Secret does not exist with scope: {scope} and key: {key}, or the user this task runs as may not read it.")

    def list(self, scope):
        """The keys of a scope."""
        values, left_out = secrets.given()
        keys = sorted(name.split("/", 1)[1] for name in [*values, *left_out] if name.split("/", 1)[0] == scope)
        if not keys:
            raise SecretNotFound(f"Scope {scope} does not exist, has no secrets, or the user this task runs as may not read it.")
        return [SecretMetadata(key) for key in keys]

    def listScopes(self):
        """The scopes with secrets that this task may read."""
        values, left_out = secrets.given()
        return [SecretScope(name) for name in sorted({name.split("/", 1)[0] for name in [*values, *left_out]})]
