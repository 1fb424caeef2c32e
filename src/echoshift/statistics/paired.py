"""Differences of two classifiers on the same frames, with intervals and p-values that take patients as independent."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from echoshift.statistics.bootstrap import RESAMPLES, Statistic, percentile_interval, resampled, weighted_mean
from echoshift.statistics.intervals import LEVEL
from echoshift.statistics.ranking import rank_shares, weighted_auc


def mean_statistic(values: Sequence[float] | np.ndarray) -> Statistic:
    """Mean of the values of the frames (frame,): a rate, if they are 0 or 1."""
    values = np.asarray(values, dtype=np.float64)
    return lambda weights: weighted_mean(values, weights)


def auc_statistic(scores: Sequence[float] | np.ndarray, is_positive: Sequence[bool] | np.ndarray) -> Statistic:
    """AUC of the scores (frame,), which should be higher for a positive frame."""
    is_positive = np.asarray(is_positive, dtype=bool)
    shares = rank_shares(np.asarray(scores, dtype=np.float64)[:, None], is_positive)
    return lambda weights: weighted_auc(shares, is_positive, weights)


def paired_difference(
    first: Statistic,
    second: Statistic,
    patients: Sequence[str],
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 1,
    strata: Sequence[str] | None = None,
) -> dict[str, Any] | None:
    """Difference of a number of two classifiers, first less second, by a bootstrap over the patients of both.

    A resample draws the same patients for both, so that what the classifiers have in common does not widen the interval.

    Parameters
    ----------
    first, second : callable
        The number of each classifier, see `mean_statistic` and `auc_statistic`.
    patients : sequence of str, (frame,)
        Patient of each frame, in the order of both.
    level, resamples, seed, strata
        As for `bootstrap_over_patients`.

    Returns
    -------
    dict or None
        `difference`, its percentile interval `difference_low`, `difference_high` (None if it is the same in all resamples),
        and `p_value`, two-sided: twice the smaller share of resamples on one side of 0, with those at 0 on both sides and
        one added to count and number, so that it is never 0 (Davison and Hinkley 1997, chapter 4). It is 1 if all resamples
        are at 0, and None if all are at the same other place, which says nothing about chance. With few patients it is too
        small: see `exchange_p_value`. None if the number is undefined.
    """

    def difference(weights: np.ndarray) -> float:
        return first(weights) - second(weights)

    found = difference(np.ones(len(patients))) if len(patients) else float("nan")
    if np.isnan(found):
        return None
    drawn = resampled(difference, patients, resamples, seed, strata)
    beyond = min((drawn <= 0).sum(), (drawn >= 0).sum())
    low, high = percentile_interval(drawn, level) or (None, None)
    p_value = min(1.0, 2 * (1 + int(beyond)) / (1 + len(drawn)))
    return {
        "difference": float(found),
        "difference_low": low,
        "difference_high": high,
        "p_value": None if low is None and found else p_value,
    }
