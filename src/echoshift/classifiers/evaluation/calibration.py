"""Whether a classifier's probabilities can be believed: Brier score and reliability curve."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from echoshift.classifiers.answers import probabilities
from echoshift.statistics.bootstrap import METHOD, bootstrap_over_patients
from echoshift.statistics.intervals import wilson_interval
from echoshift.statistics.paired import mean_statistic

BINS = 5
"""Groups of a reliability curve, of about equally many frames."""
RELIABILITY_COLUMNS = ("n_frames", "mean_probability", "share", "share_low", "share_high")


def calibration(
    scores: Sequence[Sequence[float]], labels: Sequence[int | None], patients: Sequence[str]
) -> dict[str, Any] | None:
    """Brier score of the labelled frames, with a bootstrap interval over patients.

    Parameters
    ----------
    scores : sequence, (frame, class)
        The models' own, not measured from a cut-off.
    labels : sequence of int or None, (frame,)
    patients : sequence of str, (frame,)

    Returns
    -------
    dict or None
        `brier`, the mean squared error of the probability of the positive class; with more than two classes, summed over
        the classes (Brier 1950). `brier_low`, `brier_high`: None if it does not vary. `brier_of_shares` is that of the same
        probabilities for every frame, the shares of the classes: a higher score says less than that. None without a label.
    """
    known, truth = _labelled(labels)
    if not known.any():
        return None
    given = probabilities(scores)[known]
    n_classes = given.shape[1]
    is_class = truth[:, None] == np.arange(n_classes)
    errors = _errors(given, is_class)
    low, high = bootstrap_over_patients(mean_statistic(errors), np.asarray(patients)[known]) or (None, None)
    return {
        "n_frames": len(truth),
        "brier": float(errors.mean()),
        "brier_low": low,
        "brier_high": high,
        "brier_of_shares": float(_errors(is_class.mean(axis=0), is_class).mean()),
        "interval": METHOD,
    }


def _errors(given: np.ndarray, is_class: np.ndarray) -> np.ndarray:
    """Squared error of each frame, float64 (frame,), summed over the classes; of two, that of one of them."""
    return ((given - is_class) ** 2).sum(axis=1) / (2 if is_class.shape[1] == 2 else 1)


def reliability_points(scores: Sequence[Sequence[float]], labels: Sequence[int | None]) -> list[dict[str, Any]]:
    """Points of the reliability curve, `RELIABILITY_COLUMNS`: the share of a class among frames of similar probability.

    The labelled frames are divided at the quantiles of the probability into `BINS` groups; equal probabilities stay
    together. The interval of a share is Wilson's. With more than two classes, each has a curve, told apart by `class`.
    """
    known, truth = _labelled(labels)
    given = probabilities(scores)[known]
    points: list[dict[str, Any]] = []
    n_classes = given.shape[1]
    for label in (range(n_classes) if n_classes > 2 else (1,)) if known.any() else ():
        edges = np.percentile(given[:, label], np.linspace(0, 100, BINS + 1))
        group = np.searchsorted(edges[1:-1], given[:, label])
        for own in (group == number for number in np.unique(group)):
            n, n_class = int(own.sum()), int((truth[own] == label).sum())
            share = dict(zip(("share_low", "share_high"), wilson_interval(n_class, n), strict=True))
            points.append(
                ({"class": label} if n_classes > 2 else {})
                | {"n_frames": n, "mean_probability": float(given[own, label].mean()), "share": n_class / n, **share}
            )
    return points


def _labelled(labels: Sequence[int | None]) -> tuple[np.ndarray, np.ndarray]:
    """Which frames have a label, bool (frame,), and the labels of these."""
    known = np.array([label is not None for label in labels], dtype=bool)
    return known, np.array([label for label in labels if label is not None], dtype=int)
