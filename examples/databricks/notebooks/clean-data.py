# Databricks notebook source
# MAGIC %md
# MAGIC # Clean the orders
# MAGIC Reads a small file of orders as a shop might export it, repairs what can be repaired, drops the rest,
# MAGIC and tells the next task how much is left.
# MAGIC
# MAGIC | parameter | meaning |
# MAGIC |---|---|
# MAGIC | `orders` | how many orders to make up |
# MAGIC | `seed` | the same seed gives the same orders |

# COMMAND ----------

import csv
import io
import json
import random

dbutils.widgets.text("orders", "200", "Number of orders")
dbutils.widgets.text("seed", "7", "Seed")

orders = int(dbutils.widgets.get("orders"))
seed = int(dbutils.widgets.get("seed"))

# COMMAND ----------

# DBTITLE 1,Make up the raw file
random.seed(seed)
cities = ["Berlin", " berlin", "Lisbon", "LISBON", "Oslo", ""]
raw = io.StringIO()
out = csv.writer(raw)
out.writerow(["order_id", "city", "amount"])
for number in range(1, orders + 1):
    amount = random.choice([f"{random.uniform(5, 120):.2f}", f"{random.uniform(5, 120):.2f}", "n/a", "-1"])
    out.writerow([number, random.choice(cities), amount])
    if random.random() < 0.05:
        out.writerow([number, "Oslo", amount])  # the export repeats some lines
raw.seek(0)
lines = list(csv.DictReader(raw))
print(f"{len(lines)} lines read")

# COMMAND ----------

# DBTITLE 1,Clean it
def clean(line, seen):
    """(row, None) or (None, reason why the line is dropped)."""
    if line["order_id"] in seen:
        return None, "doubled"
    city = line["city"].strip().title()
    if not city:
        return None, "no city"
    try:
        amount = float(line["amount"])
    except ValueError:
        return None, "amount is no number"
    if amount <= 0:
        return None, "amount not positive"
    return {"order_id": int(line["order_id"]), "city": city, "amount": amount}, None


rows, dropped, seen = [], {}, set()
for line in lines:
    row, reason = clean(line, seen)
    seen.add(line["order_id"])
    if row:
        rows.append(row)
    else:
        dropped[reason] = dropped.get(reason, 0) + 1

display(rows[:5])

# COMMAND ----------

# DBTITLE 1,Hand it on
if not rows:
    raise ValueError("no rows")

totals = {}
for row in rows:
    count, amount = totals.get(row["city"], (0, 0.0))
    totals[row["city"]] = (count + 1, round(amount + row["amount"], 2))

dbutils.jobs.taskValues.set("rows", len(rows))
dbutils.jobs.taskValues.set("totals", {city: {"orders": count, "amount": amount} for city, (count, amount) in totals.items()})
print(f"{len(rows)} rows kept, {sum(dropped.values())} dropped: {dropped}")
dbutils.notebook.exit(json.dumps({"read": len(lines), "rows": len(rows), "dropped": dropped}))
