"""Comparisons on the same frames: of two attacks on a classifier in one box, and of two classifiers."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from echoshift.statistics.bootstrap import bootstrap_over_patients, weighted_mean
from echoshift.statistics.mcnemar import mcnemar
from echoshift.statistics.success_rate import UNREACHABLE, Row, attacked, counted, labelled_rows
from echoshift.summary.robustness import KnownFlips
from echoshift.summary.study_facts import StudyFacts

COLUMNS = (
    "compared", "within", "box", "first", "second", "n_frames", "n_first", "n_second", "only_first", "only_second",
    "p_value", "difference", "difference_low", "difference_high",
)  # fmt: skip
UNREACHABLE_COLUMNS = ("n_first_unreachable", "n_second_unreachable")
Runs = Mapping[tuple[str, str], Sequence[Row]]


def comparison_columns(any_unreachable: bool) -> tuple[str, ...]:
    """Columns of `comparisons.csv`: with the numbers of frames that no setting reaches, if a classifier reads recordings."""
    return (*COLUMNS, *UNREACHABLE_COLUMNS) if any_unreachable else COLUMNS


def comparisons(
    study: StudyFacts, runs: Runs, known: Mapping[tuple[str, str], Mapping[str, KnownFlips]]
) -> Iterator[dict[str, Any]]:
    """Rows of `comparisons.csv`, for each pair that has frames in common.

    `compared` is what is counted: frames that two attacks flipped, of those that both attacked; frames that two
    classifiers classify correctly; and frames that are robust against the attacks that run on both. The p-value is that of
    McNemar's exact test. Frames of a classifier that reads recordings are robust if they are correct: no setting reaches
    them, and how many there are is told. The difference of the shares, first less second, has a bootstrap interval over patients.
    """
    for pair in combinations(runs, 2):
        (classifier, one), (other_classifier, other) = pair
        same_target = study.attacks[one].target == study.attacks[other].target
        if classifier == other_classifier and other in study.same_box(one) and same_target:
            yield from _compared(
                study,
                "flipped",
                classifier,
                study.same_box(one)[0],
                (one, other),
                *(_flipped(runs[run]) for run in pair),
            )
    boxes = {run: study.same_box(run[1])[0] for run in runs}
    for pair in combinations(dict.fromkeys(classifier for classifier, _ in runs), 2):
        some = [next(run for run in runs if run[0] == classifier) for classifier in pair]
        yield from _compared(study, "correct", "", "", pair, *(_correct(runs[run]) for run in some))
        for box in dict.fromkeys(boxes.values()):
            own = [[run for run in runs if run[0] == classifier and boxes[run] == box] for classifier in pair]
            if all(own):
                common = set.intersection(*({run[1] for run in study.usual_runs if run[0] == name} for name in pair))
                robust = (_robust(runs[run], known[run], common) for run, *_ in own)
                yield from _compared(study, "robust", "", box, pair, *robust)


def _flipped(rows: Sequence[Row]) -> dict[str, tuple[Row, bool]]:
    return {row["frame_id"]: (row, row["outcome"] == "flipped") for row in attacked(labelled_rows(rows))}


def _correct(rows: Sequence[Row]) -> dict[str, tuple[Row, bool]]:
    own = labelled_rows(counted(rows))
    return {row["frame_id"]: (row, row["initial_answer"] == row["label"]) for row in own}


def _robust(rows: Sequence[Row], known: Mapping[str, KnownFlips], attacks: set[str]) -> dict[str, tuple[Row, bool]]:
    """Whether each frame is classified correctly and none of some attacks flips it."""
    return {
        frame: (row, is_correct and not attacks & set(known[frame].found_by))
        for frame, (row, is_correct) in _correct(rows).items()
    }


def _compared(
    study: StudyFacts,
    what: str,
    within: str,
    box: str,
    names: tuple[str, str],
    first: Mapping[str, tuple[Row, bool]],
    second: Mapping[str, tuple[Row, bool]],
) -> Iterator[dict[str, Any]]:
    frames = [frame for frame in first if frame in second]
    if not frames:
        return
    of_first, of_second = (np.array([own[frame][1] for frame in frames]) for own in (first, second))
    only_first, only_second = int((of_first & ~of_second).sum()), int((of_second & ~of_first).sum())
    difference = of_first.astype(np.float64) - of_second
    patients = [first[frame][0]["patient_id"] for frame in frames]
    low, high = bootstrap_over_patients(lambda weights: weighted_mean(difference, weights), patients) or (None, None)
    numbers = (
        what, within, box, *names, len(frames), int(of_first.sum()), int(of_second.sum()), only_first, only_second,
        mcnemar(only_first, only_second), float(difference.mean()), low, high,
    )  # fmt: skip
    row = dict(zip(COLUMNS, numbers, strict=True))
    if study.any_unreachable:
        for name, own in zip(UNREACHABLE_COLUMNS, (first, second), strict=True):
            row[name] = sum(own[frame][0]["outcome"] == UNREACHABLE for frame in frames)
    yield row
