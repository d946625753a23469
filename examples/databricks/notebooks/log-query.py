# Databricks notebook source
# MAGIC %md
# MAGIC # Query session logs
# MAGIC Makes up a day of session logs in an in-memory SQLite database and asks it for the slowest pages.

# COMMAND ----------

import json
import random
import sqlite3

dbutils.widgets.dropdown("level", "ERROR", ["INFO", "WARN", "ERROR"], "Level to count")
dbutils.widgets.text("sessions", "500", "Number of sessions")
level = dbutils.widgets.get("level")

# COMMAND ----------

random.seed(11)
logs = sqlite3.connect(":memory:")
logs.execute("create table log (session integer, page text, level text, millis integer)")
pages = ["/", "/search", "/cart", "/checkout"]
for session in range(int(dbutils.widgets.get("sessions"))):
    for page in random.sample(pages, random.randint(1, len(pages))):
        logs.execute("insert into log values (?, ?, ?, ?)",
                     (session, page, random.choices(["INFO", "WARN", "ERROR"], [90, 7, 3])[0], int(random.expovariate(1 / 180)) + 20))

# COMMAND ----------

found = logs.execute("""
    select page, count(*), sum(level = ?), round(avg(millis), 1), max(millis)
    from log group by page order by avg(millis) desc""", (level,)).fetchall()
result = [dict(zip(["page", "requests", "matches", "average_ms", "slowest_ms"], line)) for line in found]
display(result)

# COMMAND ----------

dbutils.jobs.taskValues.set("result", result)
dbutils.notebook.exit(json.dumps({"level": level, "pages": len(result), "requests": sum(line["requests"] for line in result)}))
