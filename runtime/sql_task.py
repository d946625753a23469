"""Runs the SQL that launch.json names on its warehouse, with the parameters of task.json. The rows of the last query are the
task's output for other tasks; what get-output shows is left in sql_output.json."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from switchyard_task import child, result, warehouse  # noqa: E402
from switchyard_task.task import Task  # noqa: E402

ROWS_LIMIT = 1000
OUTPUT_LIMIT = 48 * 1024
SHOWN_LIMIT = 1000
TEXT_LIMIT = 512 * 1024


def main():
    task = Task.load()
    folder = task.attempt_dir
    with open(os.path.join(folder, "launch.json"), encoding="utf-8") as source:
        launch = json.load(source)
    address = os.environ["SWITCHYARD_WAREHOUSE"]
    result.begin(folder, warehouse.kind(address))
    try:
        with open(task.file, encoding="utf-8-sig") as source:
            text = source.read()
    except (OSError, UnicodeDecodeError) as error:
        return child.fail(folder, f"{task.path} cannot be read as text: {error}")
    output = {"query_text": text[:TEXT_LIMIT], "warehouse_id": launch["warehouse_id"], "sql_statements": []}
    last = None
    try:
        for number, (_, columns, rows) in enumerate(warehouse.run(address, text, task.parameters)):
            output["sql_statements"].append({"lookup_key": str(number)})
            if columns:
                _show(columns, rows)
                last = columns, rows
    except (warehouse.SqlFailed, warehouse.SqlNotRead) as error:
        return child.fail(folder, str(error))
    finally:
        result.write_atomically(os.path.join(folder, "sql_output.json"), result.to_json(output))
    if last:
        _keep(folder, *last)
    return 0


def _show(columns, rows):
    print("\t".join(columns))
    for row in rows[:SHOWN_LIMIT]:
        print("\t".join("NULL" if value is None else str(value) for value in row))
    if len(rows) > SHOWN_LIMIT:
        print(f"... {len(rows) - SHOWN_LIMIT} more rows")
    sys.stdout.flush()


def _keep(folder, columns, rows):
    """The values that {{tasks.<key>.output...}} stands for. What is too large is not kept, rather than cut."""
    shown = [{name: value.hex() if isinstance(value, bytes) else value for name, value in zip(columns, row)} for row in rows[:ROWS_LIMIT + 1]]
    values = {}
    if shown:
        values["output.first_row"] = shown[0]
        values.update({f"output.first_row.{name}": value for name, value in shown[0].items()})
    if len(shown) <= ROWS_LIMIT:
        values["output.rows"] = shown
    for name, value in values.items():
        if len(result.to_json(value)) <= OUTPUT_LIMIT:
            result.set_value(folder, name, value)
    if len(shown) > ROWS_LIMIT or len(result.to_json(shown)) > OUTPUT_LIMIT:
        print(f"The result is too large to be the output.rows of this task, which hold {ROWS_LIMIT} rows and {OUTPUT_LIMIT} bytes.", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
