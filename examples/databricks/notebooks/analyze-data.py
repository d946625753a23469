# Databricks notebook source
# MAGIC %md
# MAGIC # Analyse the cleaned orders
# MAGIC Takes what the task `clean_data` has found and prints revenue by city.

# COMMAND ----------

dbutils.widgets.text("source_task", "clean_data", "Task that cleaned the data")
source = dbutils.widgets.get("source_task")

# The debug value is used when this notebook runs outside a job.
sample = {"Berlin": {"orders": 3, "amount": 120.5}, "Oslo": {"orders": 1, "amount": 19.99}}
rows = dbutils.jobs.taskValues.get(taskKey=source, key="rows", debugValue=4)
totals = dbutils.jobs.taskValues.get(taskKey=source, key="totals", debugValue=sample)
print(f"{rows} rows from {source}")

# COMMAND ----------

table = [
    {"city": city, "orders": found["orders"], "revenue": found["amount"], "average": round(found["amount"] / found["orders"], 2)}
    for city, found in sorted(totals.items(), key=lambda pair: -pair[1]["amount"])
]
display(table)

# COMMAND ----------

import json

counted = sum(line["orders"] for line in table)
if counted != rows:
    raise ValueError(f"{counted} orders in the table, {rows} rows were cleaned")

best = table[0]
dbutils.jobs.taskValues.set("best_city", best["city"])
dbutils.notebook.exit(json.dumps({"rows": rows, "cities": len(table), "best_city": best["city"], "revenue": round(sum(l["revenue"] for l in table), 2)}))
