"""The tables of a finished study that the page reads."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from echoshift.console.asked import Ledger
from echoshift.errors import EchoShiftError
from echoshift.storage.files import read_json, sha256_of_file
from echoshift.storage.tables import read_rows
from echoshift.summary.accidental_results import SUMMARY as OF_THE_COHORT
from echoshift.summary.headline import read_headline
from echoshift.summary.selection import Judged, read_predictions
from echoshift.summary.study_facts import StudyFacts, read_study_facts

ATTACKED = (
    "classifier", "attack", "frame_id", "label", "outcome", "queries", "own_nearest_linf", "nearest_linf", "nearest_attack",
    "initial_answer",
)  # fmt: skip
RECONSTRUCTED = ("frame_id", "reference_level", "rows", "columns", "pixel_size", "made_with")
"""How frames are reconstructed. Their paths are not read: the page tells nobody where a file lies."""


TABLES = (
    "study.json", "frames.csv", "summary/summary.json", "summary/frames.csv", "summary/success_over_queries.csv",
    "accidental/summary.json", "accidental/frames.csv", "sensitivity/summary.json",
)  # fmt: skip


class Finished:
    """A finished study.

    Parameters
    ----------
    results : Path
        Its results folder.

    Attributes
    ----------
    facts : StudyFacts
    summary : list of dict
        `summary/summary.json`.
    rows : list of rows
        `summary/frames.csv`.
    reconstructed : dict of rows
        `frames.csv`, by frame.
    judged : dict
        Predictions, by classifier and frame.
    ledger : Ledger

    Raises
    ------
    EchoShiftError
        One line, if the study is not finished.
    """

    def __init__(self, results: Path) -> None:
        self.results = results
        if not (results / "summary" / "summary.json").is_file():
            raise EchoShiftError(f"{results}: found no summary/summary.json, expected the results of a finished study")
        self.facts: StudyFacts = read_study_facts(results / "study.json")
        self.summary: list[dict[str, Any]] = read_json(results / "summary" / "summary.json")
        self.rows = read_rows(results / "summary" / "frames.csv", ATTACKED)
        self.reconstructed = {row["frame_id"]: row for row in read_rows(results / "frames.csv", RECONSTRUCTED)}
        self.judged: dict[str, dict[str, Judged]] = {
            name: {one.frame_id: one for one in read_predictions(results / f"classifiers/{name}/predictions.csv")}
            for name in self.facts.classifiers
        }
        drawn = self.accidental["results"] if self.accidental else []
        self.ledger = Ledger(results, self.facts, tuple(dict.fromkeys(record["spread"] for record in drawn)))

    @cached_property
    def accidental(self) -> dict[str, Any] | None:
        """`accidental/summary.json`; None if nothing was drawn."""
        path = self.results / "accidental" / OF_THE_COHORT
        return read_json(path) if path.is_file() else None

    def headline(self, shown: Mapping[str, str]) -> list[str]:
        """The main results in a few lines. `shown` has the names that frames are called by; others are not named."""
        path = self.results / "accidental" / OF_THE_COHORT
        return read_headline(self.results / "summary" / "summary.json", path if path.is_file() else None, shown)

    @cached_property
    def first(self) -> str:
        """The classifier that is shown first."""
        return next(iter(self.facts.classifiers))

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of the tables and summaries that are there, by path relative to the results."""
        files = (name for name in TABLES if (self.results / name).is_file())
        return {name: sha256_of_file(self.results / name) for name in files}

    def path_of(self, frame: str) -> str:
        """Path of a frame's recording, relative to the folder in which the study ran."""
        rows = read_rows(self.results / "frames.csv", ("frame_id", "path"))
        return next(row["path"] for row in rows if row["frame_id"] == frame)

    def denied(self, classifier: str, frame: str) -> set[str]:
        """Attacks with flips of a frame that the second predictor denies."""
        own = (record for record in self.summary if record["classifier"] == classifier)
        return {record["attack"] for record in own if frame in record["unconfirmed"]}

    def rows_of(self, classifier: str, frame: str | None = None) -> list[dict[str, str]]:
        """Rows of one classifier, of one frame if it is given."""
        return self._rows_of.get((classifier, frame), [])

    @cached_property
    def _rows_of(self) -> dict[tuple[str, str | None], list[dict[str, str]]]:
        found: dict[tuple[str, str | None], list[dict[str, str]]] = {}
        for row in self.rows:
            for frame in (None, row["frame_id"]):
                found.setdefault((row["classifier"], frame), []).append(row)
        return found
