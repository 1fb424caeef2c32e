"""The answer and the margin of scores, for two classes and for more."""

import numpy as np
import pytest

from echoshift.classifiers.answers import (
    answer,
    checked_scores,
    cross_entropy,
    log_odds,
    logits,
    margin,
    probabilities,
    scores_of_logits,
)
from echoshift.errors import EchoShiftError


def test_the_highest_score_wins_and_of_equal_ones_the_later_class():
    scores = np.array([[1.0, 0.0, 2.0], [3.0, 3.0, 1.0], [0.0, 0.0, 0.0], [5.0, 1.0, 2.0]])
    assert answer(scores).tolist() == [2, 1, 2, 0]


def test_a_margin_is_the_score_less_the_best_other():
    scores = np.array([[1.0, 0.0, 2.0], [3.0, 3.0, 1.0]])
    assert margin(scores, 0).tolist() == [-1.0, 0.0]
    assert margin(scores, 2).tolist() == [1.0, -2.0]


def test_of_two_classes_the_logit_says_it_all():
    values = np.array([-2.5, -0.0, 0.0, 1e-300, 7.1])
    scores = scores_of_logits(values)
    assert scores.shape == (5, 2)
    for found in (logits(scores)[:, 0], log_odds(scores)[:, 1], margin(scores, 1)):
        assert np.array_equal(found, values)  # to the last bit
    assert answer(scores).tolist() == [0, 1, 1, 1, 1]
    np.testing.assert_array_equal(margin(scores, 0), -values)
    for label, sign in ((0, 1), (1, -1)):
        assert cross_entropy(scores, label).tobytes() == np.logaddexp(0.0, sign * values).tobytes()


def test_three_classes_agree_with_scipy():
    from scipy.special import log_softmax, logit, softmax

    scores = np.random.default_rng(0).normal(0, 4, (50, 3))
    np.testing.assert_allclose(probabilities(scores), softmax(scores, axis=1), rtol=1e-12)
    np.testing.assert_allclose(log_odds(scores), logit(softmax(scores, axis=1)), rtol=1e-9)
    for label in range(3):
        np.testing.assert_allclose(cross_entropy(scores, label), -log_softmax(scores, axis=1)[:, label], rtol=1e-12)


def test_no_probability_overflows():
    scores = np.array([[0.0, 1e4, -1e4], [-1e5, 0.0, 0.0]])
    np.testing.assert_allclose(probabilities(scores), [[0, 1, 0], [0, 0.5, 0.5]])
    assert cross_entropy(scores, 2).tolist() == [2e4, pytest.approx(np.log(2))]


@pytest.mark.parametrize(
    ("scores", "found"),
    [
        (np.zeros((2, 1)), r"of shape \(2, 1\)"),
        (np.zeros((1, 2)), r"of shape \(1, 2\)"),
        (np.zeros(2), r"of shape \(2,\)"),
        (np.array([[0.0, np.nan], [0.0, 1.0]]), r"\[\[0.0, nan\]"),
    ],
)
def test_scores_that_no_classifier_gives_are_refused(scores, found):
    with pytest.raises(EchoShiftError, match=rf"found scores {found}.*, expected finite ones of shape \(2, number of"):
        checked_scores(scores, 2)
