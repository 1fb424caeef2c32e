"""All that a study asked one classifier about one frame, whatever job asked it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.accidental.ledger import STORE as DRAWS
from echoshift.accidental.settings import Draws
from echoshift.attacks.settings import Search
from echoshift.attacks.trajectory import FIELD, TRAJECTORY
from echoshift.jobs.frame_job import RECORD, input_digests
from echoshift.sensitivity.settings import Design
from echoshift.storage.files import read_json
from echoshift.summary.attack_results import read_arrays, refuse
from echoshift.summary.selection import Judged
from echoshift.summary.study_facts import LATTICE, StudyFacts

EXPECTED = "a finished result"


@dataclass(frozen=True, eq=False)
class Asked:
    """What one job asked.

    Attributes
    ----------
    source : str
        Name of the attack, `accidental:SPREAD` or `sensitivity`.
    names : tuple of str
        Settings that varied.
    fixed : dict
        Values of others.
    points : ndarray of float64, (query, setting)
    scores : ndarray of float64, (query, class)
    flipped : ndarray of bool, (query,)
        Flips of an attack; of other jobs, wrong answers.
    path : ndarray of int, (iteration,) or None
        Queries that an attack stood on.
    """

    source: str
    names: tuple[str, ...]
    fixed: Mapping[str, float]
    points: np.ndarray
    scores: np.ndarray
    flipped: np.ndarray
    path: np.ndarray | None = None

    def without_flips(self) -> "Asked":
        """The same, with no flip: the second predictor denied some, so that the others are in doubt too."""
        return replace(self, flipped=np.zeros_like(self.flipped))


@dataclass(frozen=True, eq=False)
class Field:
    """The scores of every point of a lattice.

    Attributes
    ----------
    names : tuple of str
    fixed : dict
    values : tuple of ndarray
        Values of each setting.
    scores : ndarray of float32, (..., class) or (...)
        Logit of two classes, else the score of each; NaN where not asked.
    """

    names: tuple[str, ...]
    fixed: Mapping[str, float]
    values: tuple[np.ndarray, ...]
    scores: np.ndarray


class Ledger:
    """The results of a finished study, by classifier and frame.

    Results that other jobs left, of an earlier model, reconstruction, label or configuration, are left out.

    Parameters
    ----------
    results : Path
    study : StudyFacts
    spreads : sequence of str
        Names of the accidental spreads.
    """

    def __init__(self, results: Path, study: StudyFacts, spreads: tuple[str, ...]) -> None:
        self._results, self._study, self._spreads = results, study, spreads

    def model(self, classifier: str, fold: str) -> Path:
        """Folder of the model of one fold."""
        return self._results / "classifiers" / classifier / "folds" / fold

    def reconstruction(self, frame: str) -> Path:
        """Folder of a frame's cached reconstruction."""
        return self._results / "reconstructions" / frame

    def asked(self, classifier: str, judged: Judged) -> list[Asked]:
        """What all jobs asked, but lattices."""
        # Imports SciPy's statistics, which take long: a server shows its page before.
        from echoshift.sensitivity.ledger import STORE as SWEEPS

        present = self._present(classifier, judged)
        attacks = [
            self._attacked(folder, record, attack)
            for attack, folder, record in self._attacks(classifier, judged)
            if self._study.attacks[attack].method != LATTICE
        ]
        drawn = [
            self._listed(folder, Draws.model_validate(record["draws"]), DRAWS, f"accidental:{spread}")
            for spread in self._spreads
            for folder, record in self._current(f"accidental/{classifier}/{spread}", judged, present)
        ]
        swept = [
            self._listed(folder, Design.model_validate(record["design"]), SWEEPS, "sensitivity")
            for folder, record in self._current(f"sensitivity/{classifier}", judged, present)
        ]
        return [*attacks, *drawn, *swept]

    def field(self, classifier: str, judged: Judged) -> Field | None:
        """The field of the first lattice that ran."""
        for attack, folder, _ in self._attacks(classifier, judged):
            if self._study.attacks[attack].method == LATTICE:
                search = self._study.searches[attack][judged.frame_id]
                names = tuple(axis.name for axis in search.axes)
                scores = "logit" if len(self._study.classes) == 2 else "score"
                found = read_arrays(folder, FIELD, (*names, scores), EXPECTED)
                return Field(names, search.fixed, tuple(found[name] for name in names), found[scores])
        return None

    def _attacks(self, classifier: str, judged: Judged) -> Iterator[tuple[str, Path, Mapping[str, Any]]]:
        present = self._present(classifier, judged)
        for of_classifier, attack in self._study.runs:
            if of_classifier != classifier:
                continue
            for folder, record in self._current(f"attacks/{classifier}/{attack}", judged, present):
                if Search.model_validate(record["search"]) == self._study.searches[attack][judged.frame_id]:
                    yield attack, folder, record

    def _present(self, classifier: str, judged: Judged) -> dict[str, str]:
        """Digests of the present reconstruction and model. Raises OSError if the results are gone."""
        return input_digests(self.reconstruction(judged.frame_id), self.model(classifier, judged.fold))

    def _current(
        self, jobs: str, judged: Judged, present: Mapping[str, str]
    ) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        """The result of a frame, if there is one of the present model, reconstruction and label."""
        folder = self._results / jobs / judged.frame_id
        if (folder / RECORD).is_file():
            record = read_json(folder / RECORD)
            if not {"classifier", "fold", "inputs", "label_source"} <= set(record):
                refuse(folder, f"{folder / RECORD}: found no classifier, fold, label_source or inputs", EXPECTED)
            label = record["label"] if record["label_source"] == "sheet" else None
            if (record["fold"], label) == (judged.fold, judged.label) and present.items() <= record["inputs"].items():
                yield folder, record

    def _attacked(self, folder: Path, record: Mapping[str, Any], attack: str) -> Asked:
        search = Search.model_validate(record["search"])
        names = ("query_settings", "query_scores", "query_flipped", "settings")
        points, scores, flipped, stood = read_arrays(folder, TRAJECTORY, names, EXPECTED).values()
        places = {tuple(point): i for i, point in reversed(list(enumerate(points.tolist())))}
        path = np.array([places[tuple(point)] for point in stood.tolist()])
        return Asked(
            attack, tuple(axis.name for axis in search.axes), search.fixed, points, scores, flipped.astype(bool), path
        )

    def _listed(self, folder: Path, box: Draws | Design, store: str, source: str) -> Asked:
        names = ("query_settings", "query_scores", "query_wrong")
        points, scores, wrong = read_arrays(folder, store, names, EXPECTED).values()
        return Asked(source, tuple(axis.name for axis in box.axes), box.fixed, points, scores, wrong.astype(bool))
