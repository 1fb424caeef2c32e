"""Numbers of a frame and of a whole cohort under accidental changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from echoshift.classifiers.answers import answer, log_odds
from echoshift.statistics.bootstrap import METHOD, Statistic, bootstrap_over_patients, weighted_mean
from echoshift.statistics.exact import clopper_pearson, one_sided_limit
from echoshift.statistics.intervals import LEVEL
from echoshift.statistics.ranking import rank_shares, weighted_auc

TWO_SIDED = "two-sided, Clopper-Pearson"
ONE_SIDED = "one-sided, no change in n draws: 1 - 0.05^(1/n)"
INTERVALS = {"cohort": METHOD, "frame": TWO_SIDED, "frame_without_change": ONE_SIDED, "level": LEVEL}


@dataclass(frozen=True, eq=False)
class DrawnFrame:
    """A frame of the cohort with its answers.

    Attributes
    ----------
    patient : str
    label : int or None
        Number of the true class; None if unknown.
    scores : ndarray of float64, (query, class)
        The first query has the initial settings, the others are the draws.
    changed : ndarray of bool, (query,)
    """

    patient: str
    label: int | None
    scores: np.ndarray
    changed: np.ndarray


def change_of_answer(n_changed: int, n: int) -> dict[str, Any]:
    """Probability that the answer of one frame changes, from n draws: `probability`, `low`, `high` and `limit`.

    `limit` says which limits they are: `TWO_SIDED`, or `ONE_SIDED` if nothing changed. Both have the level 95 %.
    """
    if n_changed == 0:
        return {"probability": 0.0, "low": 0.0, "high": one_sided_limit(n), "limit": ONE_SIDED}
    low, high = clopper_pearson(n_changed, n)
    return {"probability": n_changed / n, "low": low, "high": high, "limit": TWO_SIDED}


def cohort_numbers(frames: Sequence[DrawnFrame]) -> dict[str, Any]:
    """Accuracy, AUC and flips of a cohort, before and under accidental changes, with intervals by patient.

    Parameters
    ----------
    frames : sequence of DrawnFrame
        All with the same number of draws.

    Returns
    -------
    dict
        JSON values. Undefined numbers are None, with their limits (`NAME_low`, `NAME_high`). A number that does not vary
        over the patients has no limits either.

        - `accuracy`, `auc`: mean over the draws, each of which changes the whole cohort. `initial_accuracy`, `initial_auc`:
          at the initial settings. Of the labelled frames. With more than two classes, the AUC is the mean over the classes.
        - `ever_flipped`: share of the frames classified correctly at first that any draw flips. Grows with the number of
          draws.
        - `probability`: mean over all frames of the probability that a draw changes the answer.
    """
    patients = [frame.patient for frame in frames]
    scores = np.array([frame.scores for frame in frames])
    changed = np.array([frame.changed for frame in frames])[:, 1:]
    labels = np.array([-1 if frame.label is None else frame.label for frame in frames])
    right = answer(scores) == labels[:, None]
    is_labelled, is_correct = labels >= 0, right[:, 0]
    ever = changed.any(axis=1)
    numbers: dict[str, Statistic] = {
        "initial_accuracy": _share(right[:, 0], is_labelled),
        "accuracy": _share(right[:, 1:].mean(axis=1), is_labelled),
        "initial_auc": _auc(scores[:, :1], labels),
        "auc": _auc(scores[:, 1:], labels),
        "ever_flipped": _share(ever, is_correct),
        "probability": _share(changed.mean(axis=1), np.ones(len(frames), dtype=bool)),
    }
    found: dict[str, Any] = {
        "n_frames": len(frames),
        "n_patients": len(set(patients)),
        "n_unlabelled": int((~is_labelled).sum()),
        "n_correct": int(is_correct.sum()),
        "n_ever_flipped": int(ever[is_correct].sum()),
        "n_never_changed": int((~ever).sum()),
        "never_changed_limit": one_sided_limit(changed.shape[1]),
    }
    for name, statistic in numbers.items():
        value = statistic(np.ones(len(frames)))
        low, high = bootstrap_over_patients(statistic, patients) or (None, None)
        found |= {name: None if np.isnan(value) else value, f"{name}_low": low, f"{name}_high": high}
    return found


def _share(values: np.ndarray, counts: np.ndarray) -> Statistic:
    """Mean of values (frame,) over the frames that count."""
    return lambda weights: weighted_mean(values[counts].astype(np.float64), weights[counts])


def _auc(scores: np.ndarray, labels: np.ndarray) -> Statistic:
    """AUC of the labelled frames, mean over the draws, from scores (frame, draw, class) and labels (frame,), -1 if unknown."""
    is_labelled = labels >= 0
    odds, labels = log_odds(scores[is_labelled]), labels[is_labelled]
    n_classes = odds.shape[-1]
    classes = range(n_classes) if n_classes > 2 else (1,)
    shares = {one: rank_shares(odds[..., one], labels == one) for one in classes}
    return lambda weights: float(
        np.mean([weighted_auc(shares[one], labels == one, weights[is_labelled]) for one in classes])
    )
