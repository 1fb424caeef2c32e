"""Evaluation and baselines on numbers that can be checked by hand."""

import numpy as np
import pytest

from echoshift.classifiers.answers import probability
from echoshift.classifiers.evaluation.baselines import (
    evaluate_baselines,
    inside_polygon,
    liver_cortex_ratio,
    mean_grey_level,
)
from echoshift.classifiers.evaluation.scores import (
    area_under_curve,
    auc_with_interval,
    evaluate_logits,
    roc_points,
)

LABELS = [1, 1, 1, 1, 0, 0]
LOGITS = [2.0, 1.0, -0.5, 0.5, -1.0, 0.75]


def test_every_number_of_a_small_example():
    found = evaluate_logits(LOGITS, LABELS, list("abbaab"), "cross_validation")
    assert (found["n_frames"], found["n_positive"], found["n_correct"]) == (6, 4, 4)
    assert found["auc"] == pytest.approx(6 / 8)
    assert found["auc_mean_within_folds"] == pytest.approx((1 + 0.5) / 2)
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert (found["sensitivity"], found["specificity"]) == (0.75, 0.5)
    assert found["balanced_accuracy"] == pytest.approx(0.625)
    for name in ("auc", "accuracy", "balanced_accuracy"):
        assert 0 <= found[f"{name}_low"] < found[name] < found[f"{name}_high"] <= 1
    assert found["warning"] is None
    assert found["intervals"]["auc"] == "Newcombe 2006, method 5"


def test_a_logit_of_zero_is_positive():
    assert evaluate_logits([0.0, -1.0], [1, 0], ["a", "a"], "train_once")["n_correct"] == 2
    assert "optimistic" in evaluate_logits([0.0, -1.0], [1, 0], ["a", "a"], "train_once")["protocol_means"]


def test_perfect_ranking_keeps_an_interval():
    found = evaluate_logits([3, 2, -1, -2], [1, 1, 0, 0], ["a"] * 4, "cross_validation")
    assert found["auc"] == found["auc_high"] == 1.0 and found["auc_low"] < 0.9


def test_one_class_only_is_null_and_flagged():
    found = evaluate_logits([1.0, 2.0, 3.0], [1, 1, 1], ["a"] * 3, "cross_validation")
    for name in (
        "auc",
        "auc_low",
        "auc_mean_within_folds",
        "specificity",
        "balanced_accuracy",
        "balanced_accuracy_high",
    ):
        assert found[name] is None
    assert found["accuracy"] == 1.0
    assert "every frame gets label 1" in found["warning"]


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        ([5, 4, 3, 2, 1, 0.5], "every frame gets label 1"),
        ([-1, -2, -3, -4, -5, -6], "every frame gets label 0"),
        ([-1, -2, 1, -3, 2, 3], "AUC 0.00 is below 0.6"),
    ],
)
def test_a_degenerate_classifier_is_flagged(logits, message):
    assert message in evaluate_logits(logits, LABELS, ["a"] * 6, "cross_validation")["warning"]


def test_auc_agrees_with_scikit_learn_with_ties():
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    scores, labels = rng.integers(0, 6, 80), rng.integers(0, 2, 80)
    assert area_under_curve(scores, labels) == pytest.approx(roc_auc_score(labels, scores))


def test_the_roc_starts_at_nothing_and_ends_at_all():
    points = roc_points(LOGITS, LABELS)
    assert points[0] == (0.0, 0.0, np.inf)
    assert points[-1][:2] == (1.0, 1.0)
    assert roc_points([1.0], [1]) == []


def test_probability_does_not_overflow():
    np.testing.assert_allclose(probability(np.array([-1e4, 0.0, 1e4])), [0, 0.5, 1])


Z, X = np.linspace(0, 0.1, 101), np.linspace(-0.05, 0.05, 101)


def box(x0, x1, z0, z1):
    return np.array([(x0, z0), (x1, z0), (x1, z1), (x0, z1)])


REGIONS = {"liver": box(-0.0405, -0.0205, 0.0495, 0.0595), "cortex": box(0.0205, 0.0405, 0.0495, 0.0595)}


def test_the_ratio_of_two_regions():
    image = np.full((101, 101), 7, np.uint8)
    image[inside_polygon(REGIONS["liver"], Z, X)] = 120
    image[inside_polygon(REGIONS["cortex"], Z, X)] = 80
    assert liver_cortex_ratio(image, Z, X, REGIONS) == pytest.approx(1.5)
    assert inside_polygon(REGIONS["liver"], Z, X).sum() == 20 * 10
    rows, columns = np.nonzero(inside_polygon(REGIONS["liver"], Z, X))
    assert Z[rows].min() == pytest.approx(0.05) and X[columns].max() == pytest.approx(-0.021)


def test_a_concave_polygon():
    arrow = np.array([(-0.04, 0.01), (0.04, 0.01), (0.04, 0.09), (0.0, 0.02), (-0.04, 0.09)])
    inside = inside_polygon(arrow, Z, X)
    assert inside[15, 50] and not inside[60, 50] and inside[60, 12] and inside[60, 88]


@pytest.mark.parametrize("regions", [{}, {"liver": REGIONS["liver"]}, {**REGIONS, "cortex": box(1, 2, 1, 2)}])
def test_no_regions_no_ratio(regions):
    assert liver_cortex_ratio(np.full((101, 101), 7, np.uint8), Z, X, regions) is None


def test_the_mean_is_of_the_sector_alone():
    image = np.zeros((4, 4), np.uint8)
    image[:2] = 200
    assert mean_grey_level(image, np.arange(8)) == 200


def test_an_inverted_baseline_stays_inverted():
    found = evaluate_baselines(
        {"level": [1, 2, 3, 4, 5, 6] * 3, "ratio": [None, 2, 2, 2, 1, 1] * 3, "none": [None] * 18}, LABELS * 3
    )
    assert found["level"]["auc"] == 0.0 and found["level"]["auc_high"] < 0.5
    assert found["ratio"] == {**auc_with_interval([2, 2, 2, 1, 1] * 3, [1, 1, 1, 0, 0] * 3), "n_frames": 15}
    assert found["none"] is None


def test_frames_without_a_label_are_counted_and_not_judged():
    logits, labels, folds = [*LOGITS, 9.0, -9.0], [*LABELS, None, None], [*"abbaab", "a", "b"]
    found = evaluate_logits(logits, labels, folds, "cross_validation")
    known = evaluate_logits(LOGITS, LABELS, list("abbaab"), "cross_validation")
    assert (found["n_frames"], found["n_unlabelled"], known["n_unlabelled"]) == (8, 2, 0)
    assert {**found, "n_frames": 6, "n_unlabelled": 0} == known
    assert roc_points(logits, labels) == roc_points(LOGITS, LABELS)
    ratios = [None, 2, 2, 2, 1, 1]
    assert evaluate_baselines({"ratio": [*ratios, 5, None]}, labels) == evaluate_baselines({"ratio": ratios}, LABELS)


def test_no_label_at_all_leaves_every_rate_undefined():
    found = evaluate_logits([1.0, -2.0], [None, None], ["all", "all"], "first_cohort")
    assert (found["n_frames"], found["n_unlabelled"], found["n_positive"], found["n_correct"]) == (2, 2, 0, 0)
    rates = [name for name in found if name.startswith(("auc", "accuracy", "balanced")) or name.endswith("icity")]
    assert len(rates) == 11 and all(found[name] is None for name in rates)
    assert roc_points([1.0, -2.0], [None, None]) == []
    assert evaluate_baselines({"level": [3.0, 4.0]}, [None, None]) == {"level": None}
