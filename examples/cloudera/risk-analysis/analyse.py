"""Sums the losses of loans between START_DATE and END_DATE, which the job sets and a run may set otherwise."""
import csv
import os

start, end = os.environ["START_DATE"], os.environ["END_DATE"]
with open("loans.csv", newline="") as file:
    rows = [row for row in csv.DictReader(file) if start <= row["date"] <= end]
print(f"{len(rows)} loans from {start} to {end}: losses of {sum(float(row['loss']) for row in rows):.2f}")
