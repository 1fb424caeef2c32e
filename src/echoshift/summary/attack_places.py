"""Where each attack's result lies, as the workflow planned it: alone or in a batch."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from echoshift.storage.tables import read_rows

COLUMNS = ("classifier", "attack", "frame", "fold", "folder", "on_request")

Run = tuple[str, str, str]
"""Classifier, attack and frame."""


@dataclass(frozen=True)
class Attacked:
    """One attack of the present study.

    Attributes
    ----------
    fold : str
        Whose model judges the frame.
    folder : Path
        With the attack's `record.json` and `trajectory.zarr`.
    on_request : bool
        Whether the workflow found the result instead of asking for it. It may be older than the configuration.
    """

    fold: str
    folder: Path
    on_request: bool = False


def read_attacked(paths: Iterable[Path]) -> dict[Run, Attacked]:
    """Read the tables of all attacks that the study asks for, and of those found that run on request."""
    return {
        (row["classifier"], row["attack"], row["frame"]): Attacked(
            row["fold"], Path(row["folder"]), row["on_request"] == "1"
        )
        for path in paths
        for row in read_rows(path, COLUMNS)
    }
