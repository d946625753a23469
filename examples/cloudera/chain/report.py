"""Says what was learned."""
import json

with open("model.json") as file:
    for year, mean in json.load(file).items():
        print(f"{year}: a loss of {mean:.2f} is usual")
