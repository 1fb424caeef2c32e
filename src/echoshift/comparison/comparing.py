"""Comparing the classifiers of finished studies: the tables and what is said about them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from echoshift.comparison.finished_study import FinishedStudy, read_finished_study
from echoshift.comparison.numbers import compared, methods
from echoshift.comparison.pooled import pool
from echoshift.comparison.seconds import milliseconds_an_image, seconds_to_train
from echoshift.errors import EchoShiftError
from echoshift.records.provenance import joint_digest, provenance
from echoshift.statistics.intervals import LEVEL

Track = Callable[[Sequence[str]], Iterable[str]]
"""Shows how far the timing of the classifiers is."""


@dataclass(frozen=True)
class Comparison:
    """Classifiers compared.

    Attributes
    ----------
    rows : list of dict
        A row of `compare.csv` for each classifier, the baseline first.
    about : dict
        `compare.json`: what was compared, and how.
    """

    rows: list[dict[str, Any]]
    about: dict[str, Any]


def compare_studies(
    results: Sequence[Path], baseline: str, chosen: Mapping[str, str | None], track: Track = lambda names: names
) -> Comparison:
    """Compare all classifiers of some finished studies with one of them.

    Parameters
    ----------
    results : sequence of Path
        Results folders of studies with the same classifiers and different patients.
    baseline : str
        The classifier that the others are compared with.
    chosen : mapping
        Attacks and spread that the user chose, as for `roles_of`.
    track : callable, optional

    Raises
    ------
    EchoShiftError
        One line, if a study is not finished, differs from the first or repeats its frames, or lacks the baseline.
    """
    studies = [read_finished_study(folder, chosen) for folder in results]
    names = list(studies[0].facts.classifiers)
    if baseline not in names:
        raise EchoShiftError(
            f"{studies[0].results}: classifiers: found {', '.join(names)}, expected {baseline}, as --baseline says"
        )
    if len(names) == 1:
        raise EchoShiftError(
            f"{studies[0].results}: classifiers: found {baseline} alone, expected others in the same study to compare with it"
        )
    pooled = pool(studies)
    rows = compared(pooled, baseline)
    costs = {name: _costs(studies, name) for name in track(names)}
    about = provenance(
        inputs={str(study.results): joint_digest(study.files) for study in studies},
        packages=("numpy", "scipy"),
        baseline=baseline,
        roles=asdict(studies[0].roles),
        cohort=" and ".join(dict.fromkeys(study.cohort for study in studies)),
        protocols={name: studies[0].facts.classifiers[name].protocol for name in names},
        n_frames=len(pooled.labels),
        n_patients=len(set(pooled.patients)),
        n_compared=len(rows) - 1,
        level=LEVEL,
        methods=methods(pooled),
        correction="Holm, all comparisons of a column with the baseline",
        studies=[_about(study) for study in studies],
    )
    return Comparison([row | costs[row["classifier"]] for row in rows], about)


def _costs(studies: Sequence[FinishedStudy], classifier: str) -> dict[str, float | None]:
    """Seconds are the mean over the studies, milliseconds those of the first."""
    seconds = [seconds_to_train(study, classifier) for study in studies]
    measured = [value for value in seconds if value is not None]
    return {
        "seconds_to_train": sum(measured) / len(measured) if measured else None,
        "milliseconds_an_image": milliseconds_an_image(studies[0], classifier),
    }


def _about(study: FinishedStudy) -> dict[str, Any]:
    """The frames of a study."""
    return {
        "results": str(study.results),
        "seed": study.facts.seed,
        "n_frames": len(study.frames),
        "n_left_out": study.n_left_out,
    }
