"""Read and check the tables that the workflow passes to the classifier commands, and format the tables they write."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from echoshift.errors import EchoShiftError

LABELS = {"0": 0, "1": 1}


def read_table(path: str | Path, columns: Sequence[str], may_be_empty: Sequence[str] = ()) -> list[dict[str, str]]:
    """Read a CSV file with exactly these columns, in any order, and at least one row. Some columns may have empty cells."""
    path = Path(path)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            found = reader.fieldnames or []
            if set(found) != set(columns) or len(found) != len(columns):
                raise EchoShiftError(
                    f"{path}: found columns {', '.join(found) or 'none'}, expected {', '.join(columns)}"
                )
            rows = list(reader)
    except FileNotFoundError:
        raise EchoShiftError(f"{path}: file not found, expected a table with columns {', '.join(columns)}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise EchoShiftError(f"{path}: not a readable CSV table ({error})") from None
    if not rows:
        raise EchoShiftError(f"{path}: found no rows, expected at least one")
    for number, row in enumerate(rows, start=2):
        for column in columns:
            if row[column] is None or (not row[column] and column not in may_be_empty):
                raise EchoShiftError(f"{path}: row {number}: {column}: found nothing, expected a value")
        if row.get("label") and row["label"] not in LABELS:
            raise EchoShiftError(f"{path}: row {number}: label: found {row['label']!r}, expected 0 or 1")
    return rows


def table_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Format a CSV table: floats in full precision, Booleans as true and false, None as an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([str(value).lower() if isinstance(value, bool) else value for value in row])
    return text.getvalue()
