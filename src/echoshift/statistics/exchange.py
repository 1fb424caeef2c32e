"""Whether two classifiers differ, if either might have given each patient's values."""

from collections.abc import Callable, Sequence

import numpy as np

DRAWS = 2000
METHOD = f"exchange of each patient's values between the two, {DRAWS} draws, two-sided"
ROUNDING = 1e-12
"""Differences that are equal but for this count as equal."""


def exchange_p_value(
    own: np.ndarray,
    other: np.ndarray,
    patients: Sequence[str],
    number: Callable[[np.ndarray], float] = np.mean,
    draws: int = DRAWS,
    seed: int = 1,
) -> float:
    """Two-sided p-value of the difference of a number of two classifiers (Ernst 2004, doi 10.1214/088342304000000396).

    If the classifiers did not differ, each patient's values might as well have come from the other one. A draw exchanges
    those of about half of the patients. The p-value is the share of draws whose difference is at least as large as the one
    that was found, which is one of them. Draws in which the number is undefined are left out.

    Parameters
    ----------
    own, other : ndarray of float, (frame,)
        NaN where a frame does not count for a classifier.
    patients : sequence of str, (frame,)
    number : callable
        The number from the values that count, by default their mean.
    draws, seed : int
    """

    def difference(exchanged: np.ndarray) -> float:
        first, second = np.where(exchanged, other, own), np.where(exchanged, own, other)
        first, second = first[~np.isnan(first)], second[~np.isnan(second)]
        return float(number(first) - number(second)) if len(first) and len(second) else float("nan")

    names, patient_of = np.unique(np.asarray(patients, dtype=str), return_inverse=True)
    found = difference(np.zeros(len(own), dtype=bool))
    drawn = np.random.default_rng(seed).random((draws, len(names))) < 0.5
    differences = np.array([difference(one[patient_of]) for one in drawn])
    differences = differences[~np.isnan(differences)]
    as_large = int((np.abs(differences) >= abs(found) - ROUNDING).sum())
    return (1 + as_large) / (1 + len(differences))
