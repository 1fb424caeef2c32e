"""Intervals that take patients, not frames, as independent: for cohorts with several frames of a patient."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from echoshift.classifiers.answers import log_odds, scores_of_logits
from echoshift.statistics.bootstrap import METHOD, Statistic, bootstrap_over_patients, weighted_mean
from echoshift.statistics.paired import auc_statistic, mean_statistic
from echoshift.statistics.success_rate import Row


def intervals_by_patient(
    labelled: Sequence[Row], tried: Sequence[Row], robust: Mapping[str, Sequence[bool]], n_classes: int
) -> dict[str, Any] | None:
    """Bootstrap intervals of the rates and AUC of one record of `summary.json`.

    Parameters
    ----------
    labelled, tried : sequence of rows
        Labelled frames, and those of them that were attacked.
    robust : mapping
        Whether each labelled frame is robust, by the name of the rate.
    n_classes : int

    Returns
    -------
    dict or None
        `method` and, by the name of each number, its limits; None where it does not vary. None if each patient has one
        frame: the other intervals are valid then.
    """
    patients = [row["patient_id"] for row in labelled]
    if len(set(patients)) == len(patients):
        return None
    labels = np.array([row["label"] for row in labelled])
    right = np.array([row["initial_answer"] for row in labelled]) == labels
    of_attacked = np.array([row["outcome"] == "flipped" for row in tried], dtype=np.float64)
    numbers = {
        "auc": bootstrap_over_patients(auc_over_classes(_scores(labelled, n_classes), labels), patients),
        "accuracy": bootstrap_over_patients(mean_statistic(right), patients),
        "balanced_accuracy": bootstrap_over_patients(_balanced(right, labels), patients),
        **(_of_two(right, labels, patients) if n_classes == 2 else {}),
        "success_rate": bootstrap_over_patients(mean_statistic(of_attacked), [row["patient_id"] for row in tried]),
        **{name: bootstrap_over_patients(mean_statistic(values), patients) for name, values in robust.items()},
    }
    return {"method": METHOD, **{name: limits and list(limits) for name, limits in numbers.items()}}


def _of_two(right: np.ndarray, labels: np.ndarray, patients: Sequence[str]) -> dict[str, tuple[float, float] | None]:
    """Sensitivity and specificity."""
    found = {}
    for name, label in (("sensitivity", 1), ("specificity", 0)):
        own = labels == label
        found[name] = bootstrap_over_patients(mean_statistic(right[own]), np.array(patients)[own])
    return found


def _balanced(right: np.ndarray, labels: np.ndarray) -> Statistic:
    """Mean over the classes of the share that is right. NaN if no frame of a class counts."""
    of_class = [labels == label for label in np.unique(labels)]
    return lambda weights: float(np.mean([weighted_mean(right[own] * 1.0, weights[own]) for own in of_class]))


def auc_over_classes(scores: np.ndarray, labels: np.ndarray) -> Statistic:
    """AUC of the positive class of two; of more, the mean over the classes.

    Parameters
    ----------
    scores : ndarray, (frame, class)
    labels : ndarray of int, (frame,)
    """
    odds, n_classes = log_odds(scores), scores.shape[1]
    classes = range(n_classes) if n_classes > 2 else (1,)
    areas = [auc_statistic(odds[:, k], labels == k) for k in classes]
    return lambda weights: float(np.mean([area(weights) for area in areas]))


def _scores(rows: Sequence[Row], n_classes: int) -> np.ndarray:
    """Scores at the initial settings, (frame, class)."""
    if n_classes == 2:
        return scores_of_logits(np.array([row["initial_logit"] for row in rows]))
    return np.array([[row[f"initial_score_{k}"] for k in range(n_classes)] for row in rows])
