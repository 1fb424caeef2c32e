"""Sensitivity, specificity, Brier score and reliability: by hand and with scikit-learn."""

import numpy as np
import pytest
from scipy.special import expit, softmax

from echoshift.classifiers.answers import scores_of_logits
from echoshift.classifiers.evaluation.calibration import BINS, calibration, reliability_points
from echoshift.classifiers.evaluation.scores import evaluate_scores

RNG = np.random.default_rng(0)
LABELS = (np.arange(90) % 3 > 0).astype(int)
LOGITS = 2.0 * LABELS - 1 + RNG.normal(0, 2, 90)
PATIENTS = [f"P{i}" for i in range(90)]


def test_a_2x2_table_by_hand():
    """8 of 10 found and 15 of 20 left alone. Wilson's limits are those of his formula, as in R's `prop.test(correct=FALSE)`."""
    from sklearn.metrics import confusion_matrix, recall_score

    labels = [1] * 10 + [0] * 20
    answers = [1] * 8 + [0] * 2 + [1] * 5 + [0] * 15
    found = evaluate_scores(scores_of_logits(2.0 * np.array(answers) - 1), labels, ["0"] * 30, "train_once")
    assert found["confusion"] == [[15, 5], [2, 8]] == confusion_matrix(labels, answers).tolist()
    assert found["sensitivity"] == 0.8 == recall_score(labels, answers)
    assert found["specificity"] == 0.75 == recall_score(labels, answers, pos_label=0)
    assert (found["sensitivity_low"], found["sensitivity_high"]) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert (found["specificity_low"], found["specificity_high"]) == pytest.approx((0.5313, 0.8881), abs=1e-4)


def test_the_brier_score_by_hand():
    """Probabilities 0.5 and 0.75 of the positive class: errors 0.5^2 and 0.25^2."""
    found = calibration(scores_of_logits([0.0, np.log(3), 9.0]), [0, 1, None], ["A", "B", "C"])
    assert found["brier"] == pytest.approx((0.25 + 0.0625) / 2) and found["n_frames"] == 2
    assert found["brier_of_shares"] == 0.25


def test_the_brier_score_is_that_of_scikit_learn():
    from sklearn.metrics import brier_score_loss

    found = calibration(scores_of_logits(LOGITS), LABELS.tolist(), PATIENTS)
    assert found["brier"] == pytest.approx(brier_score_loss(LABELS, expit(LOGITS)))
    assert found["brier_of_shares"] == pytest.approx(brier_score_loss(LABELS, np.full(90, LABELS.mean())))
    scores, labels = RNG.normal(0, 2, (60, 3)), np.arange(60) % 3
    of_three = calibration(scores, labels.tolist(), PATIENTS[:60])["brier"]
    assert of_three == pytest.approx(brier_score_loss(labels, softmax(scores, axis=1), labels=[0, 1, 2]))


def test_the_interval_takes_patients_as_independent():
    once = calibration(scores_of_logits(LOGITS), LABELS.tolist(), PATIENTS)
    four = [np.repeat(values, 4).tolist() for values in (LOGITS, LABELS, PATIENTS)]
    repeated = calibration(scores_of_logits(four[0]), four[1], four[2])
    assert once["brier_low"] < once["brier"] < once["brier_high"]
    assert (repeated["brier_low"], repeated["brier_high"]) == pytest.approx((once["brier_low"], once["brier_high"]))
    error = ((expit(LOGITS) - LABELS) ** 2).std() / np.sqrt(90)
    assert once["brier_high"] - once["brier_low"] == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_the_reliability_curve_is_that_of_scikit_learn():
    from sklearn.calibration import calibration_curve

    points = reliability_points(scores_of_logits(LOGITS), LABELS.tolist())
    share, given = calibration_curve(LABELS, expit(LOGITS), n_bins=BINS, strategy="quantile")
    assert [one["share"] for one in points] == pytest.approx(share)
    assert [one["mean_probability"] for one in points] == pytest.approx(given)
    assert [one["n_frames"] for one in points] == [18] * 5
    assert all(one["share_low"] <= one["share"] <= one["share_high"] for one in points)
    for logits in (np.round(LOGITS), np.zeros(90)):  # equal probabilities stay together
        points = reliability_points(scores_of_logits(logits), LABELS.tolist())
        share, _ = calibration_curve(LABELS, expit(logits), n_bins=BINS, strategy="quantile")
        assert [one["share"] for one in points] == pytest.approx(share)
        assert sum(one["n_frames"] for one in points) == 90


def test_a_calibrated_classifier_lies_on_the_line():
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, 4000)
    labels = (rng.random(4000) < expit(logits)).astype(int)
    for one in reliability_points(scores_of_logits(logits), labels.tolist()):
        assert one["share"] == pytest.approx(one["mean_probability"], abs=0.05)
    boasting = reliability_points(scores_of_logits(3 * logits), labels.tolist())
    assert boasting[0]["share"] > boasting[0]["mean_probability"] + 0.05
    assert boasting[-1]["share"] < boasting[-1]["mean_probability"] - 0.03


def test_three_classes_have_a_curve_each():
    scores, labels = RNG.normal(0, 1, (60, 3)), (np.arange(60) % 3).tolist()
    points = reliability_points(scores, labels)
    assert [one["class"] for one in points] == [0] * 5 + [1] * 5 + [2] * 5
    assert sum(one["share"] * one["n_frames"] for one in points if one["class"] == 2) == pytest.approx(20)


def test_without_a_label_there_is_nothing():
    assert calibration(scores_of_logits([1.0]), [None], ["A"]) is None
    assert reliability_points(scores_of_logits([1.0]), [None]) == []
    one = calibration(scores_of_logits([1.0]), [1], ["A"])
    assert one["brier_low"] is None and one["brier_of_shares"] == 0
