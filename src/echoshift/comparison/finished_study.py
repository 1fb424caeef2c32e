"""What a finished study knows about each frame and classifier, read from its tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.accidental.ledger import STORE
from echoshift.classifiers.answers import answer
from echoshift.comparison.roles import Roles, roles_of
from echoshift.errors import EchoShiftError
from echoshift.statistics.success_rate import NOT_RUN, UNREACHABLE, attacked
from echoshift.storage.files import read_json, sha256_of_file
from echoshift.storage.tables import read_rows
from echoshift.summary.accidental_results import FRAMES as DRAWN_FRAMES
from echoshift.summary.accidental_results import SUMMARY
from echoshift.summary.attack_results import read_arrays
from echoshift.summary.selection import Judged, read_predictions
from echoshift.summary.study_facts import StudyFacts, read_study_facts

EXPECTED = "the results of a finished study"
ROWS = ("classifier", "attack", "frame_id", "outcome", "own_nearest_linf")
ROBUSTNESS = ("classifier", "box", "frame_id", "flipped_by")
RECORDED = ("frame_id", "path")
DRAWN = ("classifier", "spread", "frame_id", "label", "folder")


@dataclass(frozen=True, eq=False)
class Judgements:
    """What one classifier said about some frames, and what became of it.

    Attributes
    ----------
    scores : ndarray, (frame, class)
        At the initial settings.
    right : ndarray of bool, (frame,)
    robust : ndarray of bool, (frame,)
        Whether the answer is right and the attack that decides does not flip it.
    unreachable : ndarray of bool, (frame,)
        Whether no setting reaches what the classifier reads, so that the attack could not begin.
    on_lattice : ndarray of bool, (frame,), or None
        The same with the lattice. None if it has not asked every point for every frame.
    walked : ndarray, (frame,), or None
        1 where the walk flipped the answer, 0 where it did not, NaN where it did not walk.
    nearest : ndarray, (frame,), or None
        Largest move to the nearest flip, as a share of the way to the bounds; NaN where no flip was found.
    drawn : ndarray, (frame,), or None
        Share of the accidental changes under which the answer is right.
    """

    scores: np.ndarray
    right: np.ndarray
    robust: np.ndarray
    unreachable: np.ndarray
    on_lattice: np.ndarray | None
    walked: np.ndarray | None
    nearest: np.ndarray | None
    drawn: np.ndarray | None


@dataclass(frozen=True, eq=False)
class FinishedStudy:
    """One finished study. Its frames are those with a label whose patient no classifier knows.

    Attributes
    ----------
    results : Path
    facts : StudyFacts
    roles : Roles
    cohort : str
        What the frames are, in words.
    frames, patients : tuple of str, (frame,)
    labels : ndarray of int, (frame,)
    digests : tuple of str, (frame,)
        Of the reconstructions.
    n_left_out : int
        Frames that do not count.
    judgements : dict of Judgements
        By classifier.
    folds : dict of tuple
        Folds of each classifier, one model each.
    recipes : dict of dict
        What the models of each classifier were made with, except their seed. Empty for models that are gone.
    accidental : str
        The accidental changes that count, in words; empty without any.
    recordings : dict of str
        Path of each frame's recording, as the study was given it.
    files : dict of str
        Digests of what was read, by path relative to the results.
    """

    results: Path
    facts: StudyFacts
    roles: Roles
    cohort: str
    frames: tuple[str, ...]
    patients: tuple[str, ...]
    labels: np.ndarray
    digests: tuple[str, ...]
    n_left_out: int
    judgements: dict[str, Judgements]
    folds: dict[str, tuple[str, ...]]
    recipes: dict[str, dict[str, Any]]
    accidental: str
    recordings: dict[str, str]
    files: dict[str, str]


def read_finished_study(results: Path, chosen: Mapping[str, str | None]) -> FinishedStudy:
    """Read a finished study.

    Parameters
    ----------
    results : Path
        Its results folder.
    chosen : mapping
        Attacks and spread that the user chose, as for `roles_of`.

    Raises
    ------
    EchoShiftError
        One line, if the study is not finished, or if its summary was made from other tables than those that are there.
    """
    if not (results / "summary/summary.json").is_file():
        raise EchoShiftError(f"{results}: found no summary/summary.json, expected {EXPECTED}")
    try:
        return _read(results, chosen)
    except (KeyError, TypeError, FileNotFoundError) as error:
        raise EchoShiftError(
            f"{results}/summary: found tables without {error}, expected {EXPECTED}: run it again"
        ) from None


def _read(results: Path, chosen: Mapping[str, str | None]) -> FinishedStudy:
    files = _checked_files(results)
    facts = read_study_facts(results / "study.json")
    drawn_table = results / "accidental" / DRAWN_FRAMES
    drawn = read_rows(drawn_table, DRAWN) if "accidental/frames.csv" in files else []
    roles = roles_of(facts, str(results), dict.fromkeys(row["spread"] for row in drawn), chosen)
    judged = {name: read_predictions(results / f"classifiers/{name}/predictions.csv") for name in facts.classifiers}
    first = next(iter(judged.values()))
    known = {one.frame_id for own in judged.values() for one in own if one.known}
    kept = [one for one in first if one.label is not None and one.frame_id not in known]
    if not kept:
        raise EchoShiftError(f"{results}: found no frame with a label, expected some to compare classifiers on")
    tables = _Tables(results, facts, roles, tuple(one.frame_id for one in kept), drawn)
    evaluation = read_json(results / f"classifiers/{next(iter(judged))}/evaluation.json")
    digests = evaluation["inputs"]["reconstructions"]
    return FinishedStudy(
        results,
        facts,
        roles,
        facts.cohort.words,
        tables.frames,
        tuple(one.patient_id for one in kept),
        np.array([one.label for one in kept]),
        tuple(digests[name] for name in tables.frames),
        len(first) - len(kept),
        {name: tables.judgements(name, own) for name, own in judged.items()},
        {name: tuple(dict.fromkeys(one.fold for one in own)) for name, own in judged.items()},
        {name: _recipe(results / "classifiers" / name) for name in judged},
        _accidental(results, roles.spread),
        {row["frame_id"]: row["path"] for row in read_rows(results / "frames.csv", RECORDED)},
        files,
    )


def _recipe(classifier: Path) -> dict[str, Any]:
    """Settings and defences in the record of the first model."""
    for path in sorted(classifier.glob("folds/*/record.json"))[:1]:
        record = read_json(path)
        settings = {name: value for name, value in record.get("settings", {}).items() if name != "seed"}
        return settings | {"defences": record.get("defences", [])}
    return {}


def _accidental(results: Path, spread: str | None) -> str:
    """A spread of accidental changes with its distribution."""
    if spread is None:
        return ""
    records = read_json(results / "accidental" / SUMMARY)["results"]
    return f"{spread}: {next(record['distribution'] for record in records if record['spread'] == spread)}"


def _checked_files(results: Path) -> dict[str, str]:
    """Digests of the summary's tables and of the files that it was made from, which must be those that are there."""
    made_from = read_json(results / "summary/record.json")["inputs"]["files"]
    for name, digest in made_from.items():
        if not (results / name).is_file() or sha256_of_file(results / name) != digest:
            raise EchoShiftError(
                f"{results / name}: found another file than the summary was made from, expected {EXPECTED}: run it again"
            )
    tables = ("summary/summary.json", "summary/frames.csv", "summary/robustness.csv")
    return {**made_from, **{name: sha256_of_file(results / name) for name in tables}}


class _Tables:
    """The tables of a study, looked up by classifier and frame."""

    def __init__(
        self,
        results: Path,
        facts: StudyFacts,
        roles: Roles,
        frames: tuple[str, ...],
        drawn: Sequence[Mapping[str, str]],
    ) -> None:
        self.frames = frames
        self._results, self._facts, self._roles = results, facts, roles
        self._summary = {
            (record["classifier"], record["attack"]): record for record in read_json(results / "summary/summary.json")
        }
        self._rows = {
            (row["classifier"], row["attack"], row["frame_id"]): row
            for row in read_rows(results / "summary/frames.csv", ROWS)
        }
        box = facts.same_box(roles.robust_against)[0]
        self._flipped_by = {
            (row["classifier"], row["frame_id"]): row["flipped_by"].split()
            for row in read_rows(results / "summary/robustness.csv", ROBUSTNESS)
            if row["box"] == box
        }
        self._drawn = {(row["classifier"], row["frame_id"]): row for row in drawn if row["spread"] == roles.spread}

    def judgements(self, classifier: str, judged: Sequence[Judged]) -> Judgements:
        """What a classifier said about the frames."""
        roles, of_frame = self._roles, {one.frame_id: one for one in judged}
        if (classifier, roles.robust_against) not in self._facts.runs:
            raise EchoShiftError(
                f"{self._results}: attack {roles.robust_against}: found it without classifier {classifier}, expected it on all"
            )
        right = np.array([of_frame[name].correct for name in self.frames])
        if not self._has(classifier, roles.robust_against):
            raise EchoShiftError(
                f"{self._results}: attack {roles.robust_against}: found frames of {classifier} not attacked yet, expected {EXPECTED}"
            )
        return Judgements(
            np.array([of_frame[name].scores for name in self.frames]),
            right,
            right & ~self._flipped(classifier, roles.robust_against),
            np.array([row["outcome"] == UNREACHABLE for row in self._of(classifier, roles.robust_against)]),
            self._on_lattice(classifier, right),
            self._walked(classifier),
            self._nearest(classifier),
            self._right_when_drawn(classifier),
        )

    def _of(self, classifier: str, attack: str) -> list[Mapping[str, Any]]:
        return [self._rows[classifier, attack, name] for name in self.frames]

    def _has(self, classifier: str, attack: str | None) -> bool:
        """Whether an attack has run on all frames. One on request may have run on some."""
        return (classifier, attack) in self._summary and all(
            row["outcome"] != NOT_RUN for row in self._of(classifier, attack)
        )

    def _flipped(self, classifier: str, attack: str) -> np.ndarray:
        return np.array([attack in self._flipped_by[classifier, name] for name in self.frames])

    def _on_lattice(self, classifier: str, right: np.ndarray) -> np.ndarray | None:
        """The summary says whether the lattice asked every point of the box for every frame."""
        on_lattice = self._summary[classifier, self._roles.robust_against]["robust"]["on_lattice"]
        if on_lattice is None:
            return None
        if on_lattice["attack"] != self._roles.lattice:
            raise EchoShiftError(
                f"{self._results}: attacks: found {self._roles.lattice} as the lattice, expected {on_lattice['attack']}, which the "
                "summary counts (--lattice)"
            )
        return right & ~self._flipped(classifier, self._roles.lattice)

    def _walked(self, classifier: str) -> np.ndarray | None:
        if not self._has(classifier, self._roles.walk):
            return None
        rows = self._of(classifier, self._roles.walk)
        return np.array([float(row["outcome"] == "flipped") if attacked([row]) else np.nan for row in rows])

    def _nearest(self, classifier: str) -> np.ndarray | None:
        if not self._has(classifier, self._roles.nearest):
            return None
        rows = self._of(classifier, self._roles.nearest)
        return np.array([float(row["own_nearest_linf"] or "nan") for row in rows])

    def _right_when_drawn(self, classifier: str) -> np.ndarray | None:
        if any((classifier, name) not in self._drawn for name in self.frames):
            return None
        shares = []
        for name in self.frames:
            row = self._drawn[classifier, name]
            folder = self._results / row["folder"]
            scores = read_arrays(folder, STORE, ("query_scores",), EXPECTED)["query_scores"]
            # The first query has the initial settings.
            shares.append(np.mean(answer(scores[1:]) == int(row["label"])))
        return np.array(shares)
