"""Confidence intervals that remain valid at 0, at 1 and in small samples."""

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist

LEVEL = 0.95


def _z(level: float) -> float:
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson_interval(successes: int, n: int, level: float = LEVEL) -> tuple[float, float] | None:
    """Wilson's score interval for a proportion (E. B. Wilson, JASA 1927;22:209).

    Parameters
    ----------
    successes, n : int
        Numbers of successes and of trials.
    level : float
        Confidence level, 0.95 by default.

    Returns
    -------
    (float, float) or None
        Lower and upper limit; None if n is 0.
    """
    if n == 0:
        return None
    z = _z(level)
    p = successes / n
    middle = p + z * z / (2 * n)
    spread = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # The limits for 0 and n successes are exactly 0 and 1, regardless of rounding.
    low = 0.0 if successes == 0 else (middle - spread) / scale
    high = 1.0 if successes == n else (middle + spread) / scale
    return low, high


def mean_interval(estimates: Sequence[float], intervals: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Interval for the mean of independent estimates, from their intervals.

    Method of variance estimates recovery (MOVER: Zou and Donner, Stat Med 2008;27:1693). For two estimates it uses the
    same squares as Newcombe's method 10 for a difference (Stat Med 1998;17:873).

    Parameters
    ----------
    estimates : sequence of float
        For example sensitivity and specificity.
    intervals : sequence of (float, float)
        Their limits at the desired confidence level.

    Returns
    -------
    (float, float)
        Lower and upper limit of the mean.
    """
    n = len(estimates)
    mean = sum(estimates) / n
    below, above = (
        sqrt(sum((estimate - limits[end]) ** 2 for estimate, limits in zip(estimates, intervals, strict=True)))
        for end in (0, 1)
    )
    return max(0.0, mean - below / n), min(1.0, mean + above / n)


def auc_interval(auc: float, n_positive: int, n_negative: int, level: float = LEVEL) -> tuple[float, float]:
    """Newcombe's method 5 for the area under the ROC curve (Stat Med 2006;25:559).

    Uses Hanley and McNeil's variance, with both sample sizes in its tail terms replaced by their mean, and evaluates it
    at the limit instead of the estimate. The limits are the values `theta` with |auc - theta| = z *
    sqrt(variance(theta)). The interval keeps its width if the estimate is 1; Wald's and DeLong's collapse to a point.

    Parameters
    ----------
    auc : float
        The estimate, 0..1.
    n_positive, n_negative : int
        Number of cases in each class, at least 1.
    level : float
        Confidence level, 0.95 by default.

    Returns
    -------
    (float, float)
        Lower and upper limit.
    """
    z = _z(level)
    tail = (n_positive + n_negative) / 2 - 1

    def distance(theta: float) -> float:
        variance = theta * (1 - theta) * (1 + tail * ((1 - theta) / (2 - theta) + theta / (1 + theta)))
        return abs(auc - theta) - z * sqrt(variance / (n_positive * n_negative))

    low = 0.0 if auc <= 0 else _crossing(distance, outside=0.0, inside=auc)
    high = 1.0 if auc >= 1 else _crossing(distance, outside=1.0, inside=auc)
    return low, high


def _crossing(distance, outside: float, inside: float) -> float:
    """Bisect between a value outside the interval (distance above 0) and the estimate (at most 0)."""
    for _ in range(100):
        middle = (outside + inside) / 2
        if distance(middle) > 0:
            outside = middle
        else:
            inside = middle
    return (outside + inside) / 2
