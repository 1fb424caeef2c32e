"""Exact limits of a probability against published numbers, another implementation and their own definition."""

import pytest
from scipy.stats import binom, binomtest

from echoshift.statistics.exact import clopper_pearson, one_sided_limit


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe, Stat Med 1998;17:857, table I, method 5.
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_clopper_pearson_against_newcombe_1998(successes, n, low, high):
    assert clopper_pearson(successes, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("successes", "n"), [(0, 299), (1, 299), (150, 299), (299, 299), (3, 7)])
def test_clopper_pearson_against_scipy(successes, n):
    expected = binomtest(successes, n).proportion_ci(0.95, method="exact")
    assert clopper_pearson(successes, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize("probability", [0.001, 0.01, 0.07, 0.5, 0.93])
def test_clopper_pearson_covers_the_truth_with_at_least_its_level(probability):
    n = 60
    intervals = [clopper_pearson(k, n) for k in range(n + 1)]
    covered = sum(
        binom.pmf(k, n, probability) for k in range(n + 1) if intervals[k][0] <= probability <= intervals[k][1]
    )
    assert covered >= 0.95


@pytest.mark.parametrize(("n", "limit"), [(299, 0.01), (59, 0.05), (1, 0.95)])
def test_no_success_in_n_trials_has_probability_5_percent_at_the_one_sided_limit(n, limit):
    assert one_sided_limit(n) == pytest.approx(limit, abs=6e-4)
    assert (1 - one_sided_limit(n)) ** n == pytest.approx(0.05)
    # It is the upper limit of a two-sided interval of level 90 %.
    assert one_sided_limit(n) == pytest.approx(clopper_pearson(0, n, 0.90)[1])


def test_without_trials_nothing_is_known():
    assert clopper_pearson(0, 0) is None and one_sided_limit(0) is None
