# Databricks notebook source
# MAGIC %md
# MAGIC # Example notebook
# MAGIC A little of everything: a parameter, a shell cell, a table, and an exit value.

# COMMAND ----------

dbutils.widgets.text("name", "world")
name = dbutils.widgets.get("name")
print(f"Hello, {name}!")

# COMMAND ----------

# MAGIC %sh
# MAGIC echo "This shell runs on $(uname -s)"

# COMMAND ----------

import platform
import sys

f"Python {platform.python_version()} on {platform.machine()}, {sys.executable}"

# COMMAND ----------

display([{"n": n, "square": n * n} for n in range(1, 6)])

# COMMAND ----------

dbutils.notebook.exit(f"Hello, {name}!")
