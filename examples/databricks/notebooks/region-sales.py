# Databricks notebook source
import os
import random

region = dbutils.widgets.get("region")
random.seed(os.environ.get("SALES_SEED", "") + region)
sales = sum(random.randint(1, 10) for _ in range(20))
print(f"{region}: {sales}")

# COMMAND ----------

# Each iteration leaves its number where the next task looks for it.
dbutils.fs.put(f"dbfs:/regions/{region}.txt", str(sales), True)
dbutils.notebook.exit(str(sales))
