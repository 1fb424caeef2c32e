"""Read and check the tables that the workflow passes to the classifier commands."""

from collections.abc import Sequence
from pathlib import Path

from echoshift.errors import EchoShiftError
from echoshift.storage.tables import read_rows

LABELS = {"0": 0, "1": 1}


def read_table(path: str | Path, columns: Sequence[str], may_be_empty: Sequence[str] = ()) -> list[dict[str, str]]:
    """Read a CSV file with exactly these columns, in any order, and at least one row. Some columns may have empty cells."""
    rows = read_rows(path, columns, exactly=True)
    if not rows:
        raise EchoShiftError(f"{path}: found no rows, expected at least one")
    for number, row in enumerate(rows, start=2):
        for column in columns:
            if not row[column] and column not in may_be_empty:
                raise EchoShiftError(f"{path}: row {number}: {column}: found nothing, expected a value")
        if row.get("label") and row["label"] not in LABELS:
            raise EchoShiftError(f"{path}: row {number}: label: found {row['label']!r}, expected 0 or 1")
    return rows
