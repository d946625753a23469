"""Only `databricks.sdk.runtime` is here."""
import importlib


def __getattr__(name):
    if name == "runtime":
        return importlib.import_module("databricks.sdk.runtime")
    if name.startswith("__"):
        raise AttributeError(name)
    raise ImportError(f"databricks.sdk.{name} needs the Databricks SDK: install the package databricks-sdk in the interpreter of this task. "
                      "Without it only databricks.sdk.runtime (dbutils, display, displayHTML, getArgument) is available.")
