"""The answer and the margin of scores, for two classes and for more."""

import numpy as np
import pytest

from echoshift.classifiers.answers import answer, answer_of_logit, logits_of_scores, margin, scores_of_logits
from echoshift.errors import EchoShiftError


def test_the_highest_score_wins_and_of_equal_ones_the_later_class():
    scores = np.array([[1.0, 0.0, 2.0], [3.0, 3.0, 1.0], [0.0, 0.0, 0.0], [5.0, 1.0, 2.0]])
    assert answer(scores).tolist() == [2, 1, 2, 0]


def test_a_margin_is_the_score_less_the_best_other():
    scores = np.array([[1.0, 0.0, 2.0], [3.0, 3.0, 1.0]])
    assert margin(scores, 0).tolist() == [-1.0, 0.0]
    assert margin(scores, 2).tolist() == [1.0, -2.0]


def test_of_two_classes_the_logit_says_it_all():
    logits = np.array([-2.5, -0.0, 0.0, 1e-300, 7.1])
    scores = scores_of_logits(logits)
    assert scores.shape == (5, 2)
    assert logits_of_scores(scores, 5).tobytes() == logits.tobytes()  # to the last bit
    assert answer(scores).tolist() == answer_of_logit(logits).tolist() == [0, 1, 1, 1, 1]
    np.testing.assert_array_equal(margin(scores, 1), logits)
    np.testing.assert_array_equal(margin(scores, 0), -logits)
    assert answer_of_logit(0.0) == 1


@pytest.mark.parametrize(
    ("scores", "found"),
    [
        (np.zeros((2, 3)), r"of shape \(2, 3\)"),
        (np.zeros((1, 2)), r"of shape \(1, 2\)"),
        (np.zeros(2), r"of shape \(2,\)"),
        (np.array([[0.0, np.nan], [0.0, 1.0]]), r"\[\[0.0, nan\]"),
    ],
)
def test_where_a_study_needs_two_classes_it_says_so(scores, found):
    with pytest.raises(
        EchoShiftError, match=rf"found scores {found}.*, expected finite ones of shape \(2, 2\): .* two classes"
    ):
        logits_of_scores(scores, 2)
