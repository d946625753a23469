# Databricks notebook source
# MAGIC %md
# MAGIC # Validate query output
# MAGIC Fails, with the reasons, when the result of the log query does not hold together.

# COMMAND ----------

dbutils.widgets.text("source_task", "query-logs", "Task that ran the query")
sample = [{"page": "/", "requests": 10, "matches": 1, "average_ms": 90.0, "slowest_ms": 400}]
result = dbutils.jobs.taskValues.get(taskKey=dbutils.widgets.get("source_task"), key="result", debugValue=sample)

# COMMAND ----------

problems = []
if not result:
    problems.append("the query returned nothing")
for line in result:
    if line["requests"] <= 0:
        problems.append(f"{line['page']}: no requests")
    if not 0 <= line["matches"] <= line["requests"]:
        problems.append(f"{line['page']}: {line['matches']} matches in {line['requests']} requests")
    if line["average_ms"] > line["slowest_ms"]:
        problems.append(f"{line['page']}: the average is above the slowest")
    print(f"checked {line['page']:<10} {line['requests']:>5} requests")

if problems:
    raise ValueError("; ".join(problems))

# COMMAND ----------

dbutils.notebook.exit(f"{len(result)} lines valid")
