"""Holm's correction of p-values for the number of comparisons."""

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values of several comparisons (S. Holm, Scand J Statist 1979;6:65).

    Of m p-values, the k-th smallest is multiplied by m + 1 - k, and is not below the smaller ones. If those at most 0.05
    are called significant, the probability of any wrong call is at most 0.05, whatever the tests have in common.

    Parameters
    ----------
    p_values : sequence of float
        One for each comparison, 0..1.

    Returns
    -------
    list of float
        In the same order, at most 1.
    """
    m, largest = len(p_values), 0.0
    adjusted = [0.0] * m
    for rank, index in enumerate(sorted(range(m), key=lambda index: p_values[index])):
        largest = max(largest, min(1.0, (m - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted
