"""Differences of two classifiers on the same frames: by formula, with scikit-learn, and where they do not differ."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from echoshift.statistics.bootstrap import bootstrap_over_patients
from echoshift.statistics.mcnemar import mcnemar
from echoshift.statistics.paired import auc_statistic, mean_statistic, paired_difference


def patients(n, frames=1):
    return [f"P{i}" for i in range(n) for _ in range(frames)]


def test_a_difference_of_rates_is_that_of_its_formula():
    """The variance of a paired difference of two rates: (b + c - (b - c)^2 / n) / n^2, with the discordant counts b, c."""
    rng = np.random.default_rng(0)
    first, second = rng.random(400) < 0.6, rng.random(400) < 0.5
    found = paired_difference(mean_statistic(first), mean_statistic(second), patients(400), resamples=4000)
    b, c = (first & ~second).sum(), (second & ~first).sum()
    error = np.sqrt((b + c - (b - c) ** 2 / 400) / 400**2)
    assert found["difference"] == pytest.approx((b - c) / 400)
    low, high = (found["difference"] + side * norm.ppf(0.975) * error for side in (-1, 1))
    assert (found["difference_low"], found["difference_high"]) == pytest.approx((low, high), abs=0.006)
    z = abs(found["difference"]) / error
    assert found["p_value"] == pytest.approx(2 * norm.sf(z), abs=0.01)
    assert found["p_value"] == pytest.approx(mcnemar(int(b), int(c)), abs=0.02)


def test_a_difference_of_aucs_is_paired():
    """Scores that agree but for a little noise: the interval is far narrower than that of either AUC."""
    rng = np.random.default_rng(1)
    labels = np.arange(60) % 2
    scores = labels + rng.normal(0, 1, 60)
    other = scores + rng.normal(0, 0.05, 60)
    first, second = (auc_statistic(values, labels == 1) for values in (scores, other))
    found = paired_difference(first, second, patients(60))
    assert found["difference"] == pytest.approx(roc_auc_score(labels, scores) - roc_auc_score(labels, other))
    low, high = bootstrap_over_patients(first, patients(60))
    assert found["difference_high"] - found["difference_low"] < 0.3 * (high - low)
    weights = rng.integers(0, 3, 60).astype(float)
    assert first(weights) == pytest.approx(roc_auc_score(labels, scores, sample_weight=weights))


def test_the_other_order_is_the_negative():
    rng = np.random.default_rng(2)
    one, other = (mean_statistic(rng.random(30) < share) for share in (0.9, 0.4))
    found, turned = paired_difference(one, other, patients(30)), paired_difference(other, one, patients(30))
    assert turned["difference"] == -found["difference"] and turned["p_value"] == found["p_value"]
    assert turned["difference_low"] == pytest.approx(-found["difference_high"])


def test_equal_classifiers_show_no_difference():
    values = np.arange(20) % 3 == 0
    found = paired_difference(mean_statistic(values), mean_statistic(values.copy()), patients(20))
    assert found == {"difference": 0.0, "difference_low": None, "difference_high": None, "p_value": 1.0}


def test_a_clear_difference_has_the_smallest_p_value_and_never_0():
    found = paired_difference(mean_statistic([1] * 40), mean_statistic([0, 1] * 20), patients(40), resamples=999)
    assert found["p_value"] == pytest.approx(2 / 1000) and found["difference"] == 0.5


def test_a_difference_without_any_variation_has_no_p_value():
    found = paired_difference(mean_statistic([1] * 3), mean_statistic([0] * 3), patients(3))
    assert found == {"difference": 1.0, "difference_low": None, "difference_high": None, "p_value": None}


def test_repeated_frames_of_a_patient_add_nothing():
    rng = np.random.default_rng(3)
    one, other = rng.random(30) < 0.7, rng.random(30) < 0.5
    once = paired_difference(mean_statistic(one), mean_statistic(other), patients(30))
    repeated = [mean_statistic(np.repeat(values, 4)) for values in (one, other)]
    assert paired_difference(*repeated, patients(30, frames=4)) == pytest.approx(once)


def test_p_values_are_uniform_if_there_is_no_difference():
    rng, found = np.random.default_rng(4), []
    for seed in range(200):
        one, other = (mean_statistic(rng.random(80) < 0.6) for _ in range(2))
        found.append(paired_difference(one, other, patients(80), resamples=300, seed=seed)["p_value"])
    assert 0.01 <= np.mean(np.array(found) <= 0.05) <= 0.1 and 0.35 <= np.mean(found) <= 0.62


def test_an_auc_without_one_of_the_classes_is_undefined():
    first = auc_statistic([1.0, 2.0], [True, True])
    assert paired_difference(first, first, ["P1", "P2"]) is None
    assert paired_difference(mean_statistic([]), mean_statistic([]), []) is None
