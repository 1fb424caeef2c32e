"""Evaluation and baselines on numbers that can be checked by hand."""

import numpy as np
import pytest

from echoshift.classifiers.answers import probabilities, scores_of_logits
from echoshift.classifiers.evaluation.baselines import (
    evaluate_baselines,
    inside_polygon,
    liver_cortex_ratio,
    mean_grey_level,
)
from echoshift.classifiers.evaluation.scores import (
    area_under_curve,
    auc_with_interval,
    evaluate_scores,
    roc_points,
)


def evaluate_logits(logits, *others):
    return evaluate_scores(scores_of_logits(logits), *others)


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
    points = [tuple(point.values()) for point in roc_points(scores_of_logits(LOGITS), LABELS)]
    assert points[0] == (0.0, 0.0, np.inf)
    assert points[-1][:2] == (1.0, 1.0)
    assert roc_points([(0.0, 1.0)], [1]) == []


def test_probability_does_not_overflow():
    scores = scores_of_logits(np.array([-1e4, 0.0, 1e4]))
    np.testing.assert_allclose(probabilities(scores)[:, 1], [0, 0.5, 1])


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
    assert roc_points(scores_of_logits(logits), labels) == roc_points(scores_of_logits(LOGITS), LABELS)
    ratios = [None, 2, 2, 2, 1, 1]
    assert evaluate_baselines({"ratio": [*ratios, 5, None]}, labels) == evaluate_baselines({"ratio": ratios}, LABELS)


def test_no_label_at_all_leaves_every_rate_undefined():
    found = evaluate_logits([1.0, -2.0], [None, None], ["all", "all"], "first_cohort")
    assert (found["n_frames"], found["n_unlabelled"], found["n_positive"], found["n_correct"]) == (2, 2, 0, 0)
    rates = [name for name in found if name.startswith(("auc", "accuracy", "balanced")) or name.endswith("icity")]
    assert len(rates) == 11 and all(found[name] is None for name in rates)
    assert roc_points(scores_of_logits([1.0, -2.0]), [None, None]) == []
    assert evaluate_baselines({"level": [3.0, 4.0]}, [None, None]) == {"level": None}


def three_classes(n, separation, seed):
    """Labels and scores of three classes, the middle one lying between the others."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    seen = labels + rng.normal(0, 1 / separation, n)
    return labels.tolist(), np.stack([-((seen - centre) ** 2) * 3 for centre in range(3)], axis=1)


def test_three_classes_agree_with_scikit_learn():
    from scipy.special import softmax
    from sklearn.metrics import balanced_accuracy_score, confusion_matrix, recall_score, roc_auc_score

    labels, scores = three_classes(90, 1.5, 0)
    found = evaluate_scores(scores, labels, ["all"] * 90, "train_once")
    answers = scores.argmax(axis=1)
    assert found["auc"] == pytest.approx(roc_auc_score(labels, softmax(scores, axis=1), multi_class="ovr"))
    assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, answers))
    assert found["confusion"] == confusion_matrix(labels, answers).tolist()
    assert [one["recall"] for one in found["per_class"]] == pytest.approx(recall_score(labels, answers, average=None))
    for name in ("auc", "accuracy", "balanced_accuracy"):
        assert found[f"{name}_low"] < found[name] < found[f"{name}_high"]
    assert found["warning"] is None and not {"sensitivity", "n_positive"} & set(found)
    points = roc_points(scores, labels)
    for label in range(3):
        curve = [point for point in points if point["class"] == label]
        x, y = ([point[name] for point in curve] for name in ("false_positive_rate", "true_positive_rate"))
        assert np.trapezoid(y, x) == pytest.approx(found["per_class"][label]["auc"])


def test_the_mean_auc_of_three_classes_is_covered():
    labels, scores = three_classes(6000, 1, 9)
    truth = evaluate_scores(scores, labels, ["a"] * 6000, "train_once")["auc"]
    hits = 0
    for seed in range(150):
        labels, scores = three_classes(33, 1, seed)
        found = evaluate_scores(scores, labels, ["a"] * 33, "train_once")
        hits += found["auc_low"] <= truth <= found["auc_high"]
    assert hits >= 0.94 * 150


def test_a_missing_class_is_null():
    labels, scores = three_classes(30, 2, 1)
    some = [i for i, label in enumerate(labels) if label != 2]
    found = evaluate_scores(scores[some], [labels[i] for i in some], ["a"] * len(some), "train_once")
    assert found["auc"] is None and found["balanced_accuracy"] is None
    assert found["per_class"][2]["recall"] is None and found["per_class"][0]["auc"] > 0.8
    assert {point["class"] for point in roc_points(scores[some], [labels[i] for i in some])} == {0, 1}
