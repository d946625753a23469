"""Stands in for the Databricks SDK when it is not installed: `from databricks.sdk.runtime import dbutils`."""
