"""Where each attack's result lies, as the workflow planned it: alone or in a batch."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from echoshift.storage.tables import read_rows

COLUMNS = ("classifier", "attack", "frame", "fold", "folder")

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
    """

    fold: str
    folder: Path


def read_attacked(paths: Iterable[Path]) -> dict[Run, Attacked]:
    """Read the tables of all attacks that the study asks for, one for each classifier."""
    return {
        (row["classifier"], row["attack"], row["frame"]): Attacked(row["fold"], Path(row["folder"]))
        for path in paths
        for row in read_rows(path, COLUMNS)
    }
