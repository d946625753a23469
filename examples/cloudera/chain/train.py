"""Learns the mean loss of a year."""
import csv
import json

losses = {}
with open("clean.csv", newline="") as file:
    for row in csv.DictReader(file):
        losses.setdefault(row["date"][:4], []).append(float(row["loss"]))
with open("model.json", "w") as file:
    json.dump({year: sum(values) / len(values) for year, values in sorted(losses.items())}, file)
print(f"learned {len(losses)} years")
