"""`from dbruntime import dbutils`, as some code writes it."""
from dbutils import dbutils

__all__ = ["dbutils"]
