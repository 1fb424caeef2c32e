"""The bootstrap over patients: against formulas, with the nominal coverage, and where nothing varies."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from echoshift.classifiers.evaluation.scores import area_under_curve
from echoshift.statistics.bootstrap import bootstrap_over_patients, resampled, weighted_mean
from echoshift.statistics.mcnemar import mcnemar
from echoshift.statistics.ranking import rank_shares, weighted_auc


def mean_of(values):
    return lambda weights: weighted_mean(np.asarray(values, dtype=float), weights)


def patients(n, frames=1):
    return [f"P{i}" for i in range(n) for _ in range(frames)]


def test_the_interval_of_a_mean_is_that_of_its_standard_error():
    values = np.random.default_rng(0).normal(3, 2, 400)
    low, high = bootstrap_over_patients(mean_of(values), patients(400), resamples=4000)
    error = norm.ppf(0.975) * values.std() / np.sqrt(400)
    assert (low, high) == pytest.approx((values.mean() - error, values.mean() + error), abs=0.02)


def test_repeated_frames_of_a_patient_do_not_narrow_it():
    values = np.random.default_rng(1).normal(0, 1, 40)
    once = bootstrap_over_patients(mean_of(values), patients(40))
    repeated = bootstrap_over_patients(mean_of(np.repeat(values, 5)), patients(40, frames=5))
    assert repeated == pytest.approx(once)
    assert np.ptp(bootstrap_over_patients(mean_of(np.repeat(values, 5)), patients(200))) < 0.6 * np.ptp(once)


def test_it_has_about_the_nominal_coverage_with_33_patients_of_two_frames():
    rng, hits = np.random.default_rng(2), 0
    for seed in range(200):
        of_patient = rng.beta(2, 3, 33)  # mean 0.4
        correct = rng.random((33, 2)) < of_patient[:, None]
        low, high = bootstrap_over_patients(mean_of(correct.ravel()), patients(33, frames=2), resamples=400, seed=seed)
        hits += low <= 0.4 <= high
    assert 0.89 <= hits / 200 <= 0.98


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(3).random(20)
    one, same, other = (bootstrap_over_patients(mean_of(values), patients(20), seed=seed) for seed in (1, 1, 2))
    assert one == same != other


def test_where_nothing_varies_or_counts_there_is_no_interval():
    assert bootstrap_over_patients(mean_of([0.0] * 9), patients(9)) is None
    assert bootstrap_over_patients(mean_of([0.3, 0.7]), ["P1", "P1"]) is None
    assert bootstrap_over_patients(lambda weights: float("nan"), patients(3)) is None
    assert bootstrap_over_patients(mean_of([]), []) is None


def test_patients_are_drawn_within_strata():
    """Of two strata with constant values the mean does not vary, and a stratum of one patient is always drawn."""
    values, strata = np.repeat([1.0, 3.0], [6, 14]), ["one"] * 6 + ["two"] * 14
    found = resampled(mean_of(values), patients(20), strata=strata)
    assert np.ptp(found) == 0 and found[0] == pytest.approx(values.mean())
    assert np.ptp(resampled(mean_of(values), patients(20))) > 0.5
    assert bootstrap_over_patients(mean_of(values), patients(20), strata=strata) is None
    first = resampled(lambda weights: weights[0], patients(4), strata=["alone", *["rest"] * 3])
    assert set(first) == {1.0}


def test_the_interval_within_strata_is_that_of_its_standard_error():
    """The variance of a mean is that within the strata alone, by their shares of the patients."""
    rng, strata = np.random.default_rng(5), np.repeat(["a", "b"], [300, 100])
    values = rng.normal(np.where(strata == "a", 0, 5), np.where(strata == "a", 1, 2))
    low, high = bootstrap_over_patients(mean_of(values), patients(400), resamples=4000, strata=strata)
    error = np.sqrt((0.75 * values[:300].std()) ** 2 / 300 + (0.25 * values[300:].std()) ** 2 / 100)
    assert (high - low) / 2 == pytest.approx(norm.ppf(0.975) * error, rel=0.05)


def test_resamples_without_a_class_are_left_out():
    scores, is_positive = np.array([[1.0], [0.0], [0.5]]), np.array([True, False, False])
    shares = rank_shares(scores, is_positive)
    assert bootstrap_over_patients(lambda weights: weighted_auc(shares, is_positive, weights), patients(3)) is None
    assert np.isnan(weighted_auc(shares, is_positive, np.array([0.0, 1.0, 2.0])))


def test_the_weighted_auc_is_the_mean_over_the_draws_of_that_of_the_repeated_frames():
    rng = np.random.default_rng(4)
    scores = rng.integers(0, 6, (12, 5)).astype(float)  # with ties
    is_positive, weights = np.arange(12) % 3 == 0, rng.integers(0, 4, 12)
    found = weighted_auc(rank_shares(scores, is_positive), is_positive, weights.astype(float))
    again = np.repeat(np.arange(12), weights)
    labels = is_positive[again].astype(int)
    assert found == pytest.approx(np.mean([area_under_curve(draw[again], labels) for draw in scores.T]))
    by_sklearn = [roc_auc_score(is_positive, draw, sample_weight=weights) for draw in scores.T]
    assert found == pytest.approx(np.mean(by_sklearn))


@pytest.mark.parametrize(("pair", "p"), [((0, 0), 1), ((5, 0), 0.0625), ((0, 6), 0.03125), ((1, 9), 22 / 1024)])
def test_mcnemar_by_hand(pair, p):
    assert mcnemar(*pair) == pytest.approx(p)
