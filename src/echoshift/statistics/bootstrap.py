"""Intervals of a cohort's numbers that take patients, not frames, as independent."""

from collections.abc import Callable, Sequence

import numpy as np

from echoshift.statistics.intervals import LEVEL

RESAMPLES = 2000
METHOD = f"percentile bootstrap over patients, {RESAMPLES} resamples"

Statistic = Callable[[np.ndarray], float]
"""A number of the cohort, from how often each frame counts: float64 (frame,). NaN if it is undefined."""


def bootstrap_over_patients(
    statistic: Statistic,
    patients: Sequence[str],
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 1,
    strata: Sequence[str] | None = None,
) -> tuple[float, float] | None:
    """Percentile interval from patients drawn with replacement (Efron and Tibshirani 1993, chapter 13).

    A patient's frames are drawn together. Resamples in which the number is undefined are left out.

    Parameters
    ----------
    statistic : callable
        Weights of 1 give the number of the cohort itself, see `weighted_mean` and `weighted_auc`.
    patients : sequence of str, (frame,)
        Patient of each frame.
    level : float
        Confidence level, 0.95 by default.
    resamples : int
        Number of resamples.
    seed : int
        Determines the resamples. The same patients and seed give the same resamples, so that numbers can be compared.
    strata : sequence of str, (frame,), optional
        Groups within which patients are drawn, such as studies: each keeps its number of patients.

    Returns
    -------
    (float, float) or None
        Lower and upper limit. None if the number is undefined, or the same in all resamples: a cohort in which nothing
        varies says nothing about how much it could vary.
    """
    if not len(patients) or np.isnan(statistic(np.ones(len(patients)))):
        return None
    return percentile_interval(resampled(statistic, patients, resamples, seed, strata), level)


def resampled(
    statistic: Statistic,
    patients: Sequence[str],
    resamples: int = RESAMPLES,
    seed: int = 1,
    strata: Sequence[str] | None = None,
) -> np.ndarray:
    """The number in each resample in which it is defined: float64 (resample,). Parameters as for the interval."""
    names, first, patient_of = np.unique(np.asarray(patients, dtype=str), return_index=True, return_inverse=True)
    stratum_of = np.zeros(len(names)) if strata is None else np.asarray(strata)[first]
    rng, counts = np.random.default_rng(seed), np.zeros((resamples, len(names)), dtype=np.int64)
    for stratum in np.unique(stratum_of):
        own = np.flatnonzero(stratum_of == stratum)
        counts[:, own] = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), resamples)
    found = np.array([statistic(count[patient_of].astype(np.float64)) for count in counts])
    return found[~np.isnan(found)]


def percentile_interval(found: np.ndarray, level: float = LEVEL) -> tuple[float, float] | None:
    """Interval of the numbers (resample,). None without any, or if they are all the same."""
    if not len(found) or np.ptp(found) == 0:
        return None
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def weighted_mean(values: np.ndarray, weights: np.ndarray) -> float:
    """Mean of values (frame,) that count as often as the weights (frame,) say. NaN if none counts."""
    total = weights.sum()
    return float(weights @ values / total) if total else float("nan")
