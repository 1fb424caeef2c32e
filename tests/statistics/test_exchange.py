"""The exchange of two classifiers' values: by hand, against an exact test, and where they do not differ."""

import numpy as np
import pytest
from scipy.stats import permutation_test

from echoshift.statistics.exchange import exchange_p_value
from echoshift.statistics.mcnemar import mcnemar

NAN = float("nan")


def patients(n, frames=1):
    return [f"P{i:03}" for i in range(n) for _ in range(frames)]


def test_three_patients_cannot_be_significant():
    """All values are exchanged or none in a quarter of the draws: nothing is further from 0."""
    p_value = exchange_p_value(np.ones(3), np.zeros(3), patients(3))
    assert p_value == pytest.approx(0.25, abs=0.03)
    assert exchange_p_value(np.ones(12), np.zeros(12), patients(3, frames=4)) == p_value


def test_rates_as_mcnemar():
    own, other = np.array([1.0] * 12 + [0.0] * 2 + [1.0] * 20), np.array([0.0] * 12 + [1.0] * 2 + [1.0] * 20)
    assert exchange_p_value(own, other, patients(34), draws=20_000) == pytest.approx(mcnemar(12, 2), abs=0.003)


def test_means_as_scipy():
    rng = np.random.default_rng(1)
    own, other = rng.normal(0.4, 1, 15), rng.normal(0, 1, 15)
    reference = permutation_test(
        (own, other),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        permutation_type="samples",
        n_resamples=np.inf,
    )
    assert exchange_p_value(own, other, patients(15), draws=20_000) == pytest.approx(reference.pvalue, abs=0.01)


def test_medians_of_few_values():
    """One flip against eight: the median of one frame says little. One against one says nothing."""
    own, other = np.full(20, NAN), np.full(20, NAN)
    own[0], other[:8] = 0.9, 0.1 * np.arange(1, 9)
    assert exchange_p_value(own, other, patients(20), np.median) > 0.04
    one = np.array([1.0, NAN]), np.array([NAN, 0.0])
    assert exchange_p_value(*one, patients(2)) == pytest.approx(1)


def test_p_values_are_not_too_small_with_six_patients():
    rng = np.random.default_rng(2)
    found = [exchange_p_value(*rng.normal(0, 1, (2, 6)), patients(6), draws=300, seed=i) for i in range(300)]
    assert np.mean(np.array(found) <= 0.05) <= 0.06 and 0.4 < np.mean(found) < 0.65


def test_equal_values_do_not_differ():
    values = np.array([0.1, NAN, 0.7])
    assert exchange_p_value(values, values.copy(), patients(3)) == 1
