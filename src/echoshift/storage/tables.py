"""CSV tables between the steps of a study."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from echoshift.errors import EchoShiftError
from echoshift.storage.files import written_whole


def read_rows(path: str | Path, columns: Sequence[str], *, exactly: bool = False) -> list[dict[str, str]]:
    """Read a CSV table with at least (or `exactly`) these columns, in any order. It may have no rows."""
    path = Path(path)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, restkey="")
            header, rows = reader.fieldnames or [], list(reader)
    except FileNotFoundError:
        raise EchoShiftError(f"{path}: file not found, expected a table with columns {', '.join(columns)}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise EchoShiftError(f"{path}: not a readable CSV table ({error})") from None
    if exactly and sorted(header) != sorted(columns):
        raise EchoShiftError(f"{path}: found columns {', '.join(header) or 'none'}, expected {', '.join(columns)}")
    if missing := [column for column in columns if column not in header]:
        raise EchoShiftError(f"{path}: found columns {', '.join(header) or 'none'}, expected also {', '.join(missing)}")
    for number, row in enumerate(rows, start=2):
        if "" in row or None in row.values():
            raise EchoShiftError(
                f"{path} row {number}: found more or fewer cells than in the header, expected {len(header)}"
            )
    return rows


def write_rows(path: str | Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a CSV table atomically, with floats in full precision and None as an empty cell."""
    with written_whole(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
