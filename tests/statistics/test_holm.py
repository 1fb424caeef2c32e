"""Holm's correction: a textbook example, and the rule itself on random p-values."""

import numpy as np
import pytest

from echoshift.statistics.holm import holm


def test_an_example_by_hand():
    """Four p-values, smallest first times 4, 3, 2, 1: 0.02, 0.03, then 0.06, and 0.04 is raised to the one before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_it_is_milder_than_bonferroni():
    """Times 5, 4, 3, 2, 1. Bonferroni would give 0.045 and 0.09 for the second and third."""
    p = [0.001, 0.009, 0.018, 0.3, 0.9]
    assert holm(p) == pytest.approx([0.005, 0.036, 0.054, 0.6, 0.9])


def test_one_none_and_ties():
    assert holm([0.2]) == [0.2] and holm([]) == []
    assert holm([0.02, 0.02, 0.9]) == pytest.approx([0.06, 0.06, 0.9])
    assert holm([0.6, 0.7]) == [1.0, 1.0]


@pytest.mark.parametrize("seed", range(20))
def test_it_rejects_what_the_stepwise_rule_rejects(seed):
    """Holm's own words: go up from the smallest p-value and stop at the first above alpha / (m + 1 - k)."""
    p = np.random.default_rng(seed).random(8) ** 4
    rejected = set()
    for k, index in enumerate(np.argsort(p)):
        if p[index] > 0.05 / (8 - k):
            break
        rejected.add(int(index))
    assert {index for index, value in enumerate(holm(p.tolist())) if value <= 0.05} == rejected


def test_no_true_hypothesis_is_rejected_more_often_than_in_one_of_twenty_studies():
    rng = np.random.default_rng(0)
    assert np.mean([min(holm(rng.random(6).tolist())) <= 0.05 for _ in range(4000)]) == pytest.approx(0.05, abs=0.012)
