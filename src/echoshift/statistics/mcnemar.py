"""McNemar's exact test of paired answers."""


def mcnemar(only_one: int, only_other: int) -> float:
    """Two-sided p-value of McNemar's exact test: the discordant pairs are a binomial sample with probability 1/2.

    Parameters
    ----------
    only_one, only_other : int
        Numbers of pairs in which only the first or only the second of both succeeded.

    Returns
    -------
    float
        1 without discordant pairs.
    """
    from scipy.stats import binomtest

    discordant = only_one + only_other
    return float(binomtest(only_one, discordant).pvalue) if discordant else 1.0
