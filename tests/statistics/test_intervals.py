"""Confidence intervals against published numbers, and at estimates where other methods collapse."""

import numpy as np
import pytest

from echoshift.statistics.intervals import auc_interval, mean_interval, wilson_interval


@pytest.mark.parametrize(("successes", "n", "low", "high"), [(13, 27, 0.31, 0.66), (27, 33, 0.66, 0.91)])
def test_wilson_against_published_numbers(successes, n, low, high):
    assert wilson_interval(successes, n) == pytest.approx((low, high), abs=0.005)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe, Stat Med 1998;17:857, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_against_newcombe_1998(successes, n, low, high):
    assert wilson_interval(successes, n) == pytest.approx((low, high), abs=5e-5)
    mirrored = wilson_interval(n - successes, n)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=5e-5)


def test_wilson_without_cases_is_undefined():
    assert wilson_interval(0, 0) is None


def test_auc_against_a_published_example():
    # The example of SingleCaseES::NAP (20 20 26 25 22 23 against 28 25 24 27 30 30 29), which cites Newcombe 2006.
    assert auc_interval(0.9166667, 6, 7) == pytest.approx((0.5973, 0.9860), abs=2e-4)


@pytest.mark.parametrize(("n_positive", "n_negative"), [(1, 1), (5, 9), (21, 12), (200, 300)])
def test_auc_does_not_collapse(n_positive, n_negative):
    low, high = auc_interval(1.0, n_positive, n_negative)
    assert high == 1.0 and 0 < low < 1
    assert auc_interval(0.0, n_positive, n_negative) == pytest.approx((0.0, 1 - low))


def test_auc_limits_satisfy_their_equation():
    auc, m, n = 0.8, 21, 12
    tail = (m + n) / 2 - 1
    for theta in auc_interval(auc, m, n):
        variance = theta * (1 - theta) * (1 + tail * ((1 - theta) / (2 - theta) + theta / (1 + theta))) / (m * n)
        assert abs(auc - theta) == pytest.approx(1.959964 * np.sqrt(variance), rel=1e-6)


def test_auc_interval_has_the_nominal_coverage():
    rng = np.random.default_rng(0)
    shift = 1.19  # an AUC of 0.8 between two normal distributions
    hits = 0
    for _ in range(400):
        positive, negative = rng.normal(shift, 1, 21), rng.normal(0, 1, 12)
        low, high = auc_interval(float((positive[:, None] > negative).mean()), 21, 12)
        hits += low <= 0.8 <= high
    assert 0.92 <= hits / 400 <= 0.99


def test_mean_of_two():
    assert mean_interval((0.8, 0.6), ((0.7, 0.9), (0.5, 0.7))) == pytest.approx(
        (0.7 - 0.05 * 2**0.5, 0.7 + 0.05 * 2**0.5)
    )
    low, high = mean_interval((1.0, 1.0), (wilson_interval(21, 21), wilson_interval(12, 12)))
    assert 0.8 < low < 0.95 and high == 1.0


def test_the_mean_of_three_recalls_covers_the_truth():
    rng = np.random.default_rng(1)
    recalls, n, hits = (0.9, 0.7, 0.5), (11, 15, 20), 0
    for _ in range(2000):
        counts = [int(rng.binomial(size, p)) for size, p in zip(n, recalls, strict=True)]
        shares = [count / size for count, size in zip(counts, n, strict=True)]
        low, high = mean_interval(shares, [wilson_interval(*pair) for pair in zip(counts, n, strict=True)])
        hits += low <= np.mean(recalls) <= high
    assert 0.935 < hits / 2000 < 0.98
