"""Exact limits of a probability from independent trials."""

from echoshift.statistics.intervals import LEVEL


def clopper_pearson(successes: int, n: int, level: float = LEVEL) -> tuple[float, float] | None:
    """Two-sided interval of Clopper and Pearson (Biometrika 1934;26:404).

    It covers the probability at least as often as its level says, whatever the probability is.

    Parameters
    ----------
    successes, n : int
        Numbers of successes and of independent trials.
    level : float
        Confidence level, 0.95 by default.

    Returns
    -------
    (float, float) or None
        Lower and upper limit; None if n is 0.
    """
    from scipy.special import betaincinv

    if n == 0:
        return None
    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else float(betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes == n else float(betaincinv(successes + 1, n - successes, 1 - tail))
    return low, high


def one_sided_limit(n: int, level: float = LEVEL) -> float | None:
    """Largest probability that is compatible with no success in n independent trials, one-sided.

    A probability p gives none with probability (1 - p)^n, so the limit is 1 - (1 - level)^(1/n): 5 % for n = 59 and
    1 % for n = 299. None if n is 0.
    """
    return 1 - (1 - level) ** (1 / n) if n else None
