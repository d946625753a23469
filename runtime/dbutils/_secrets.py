"""dbutils.secrets: there is no secret scope here, and it says so."""
from __future__ import annotations

from ._part import Part


class SecretNotConfigured(Exception):
    """No secret scope is configured for this server."""


class Secrets(Part):
    def get(self, scope, key):
        """The text of a secret."""
        raise SecretNotConfigured(
            f"Secret {scope}/{key} is not available: no secret scope is configured. "
            "Pass it to the task as an environment variable, or read it from a file that only the server's user can read.")

    def getBytes(self, scope, key):
        """The bytes of a secret."""
        return self.get(scope, key)

    def list(self, scope):
        """The keys of a scope."""
        raise SecretNotConfigured(f"Scope {scope} does not exist: no secret scope is configured.")

    def listScopes(self):
        """The scopes there are."""
        return []
