"""Read and check the tables that the workflow passes to the classifier commands."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from echoshift.errors import EchoShiftError
from echoshift.storage.tables import read_rows


def read_table(path: str | Path, columns: Sequence[str], may_be_empty: Sequence[str] = ()) -> list[dict[str, str]]:
    """Read a CSV file with exactly these columns, in any order, and at least one row. Some columns may have empty cells."""
    rows = read_rows(path, columns, exactly=True)
    if not rows:
        raise EchoShiftError(f"{path}: found no rows, expected at least one")
    for number, row in enumerate(rows, start=2):
        for column in columns:
            if not row[column] and column not in may_be_empty:
                raise EchoShiftError(f"{path}: row {number}: {column}: found nothing, expected a value")
        if row.get("label") and not row["label"].isdecimal():
            raise EchoShiftError(f"{path}: row {number}: label: found {row['label']!r}, expected the number of a class")
    return rows


def label_of(row: Mapping[str, str]) -> int | None:
    """Number of the true class. None if unknown."""
    return int(row["label"]) if row["label"] else None


def check_labels(rows: Iterable[Mapping[str, str]], n_classes: int, path: str | Path) -> None:
    """Refuse labels that a classifier with so many classes cannot give."""
    for row in rows:
        if row["label"] and int(row["label"]) >= n_classes:
            raise EchoShiftError(
                f"{path}: label: found {row['label']}, expected 0 to {n_classes - 1} as the classifier answers"
            )
