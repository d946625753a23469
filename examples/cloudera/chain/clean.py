"""Leaves loans without a loss out."""
import csv

with open("loans.csv", newline="") as source, open("clean.csv", "w", newline="") as target:
    reader = csv.DictReader(source)
    writer = csv.DictWriter(target, reader.fieldnames)
    writer.writeheader()
    kept = [row for row in reader if float(row["loss"]) > 0]
    writer.writerows(kept)
print(f"{len(kept)} loans with a loss")
