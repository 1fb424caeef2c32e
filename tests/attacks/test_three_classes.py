"""Searches on classifiers of three classes with known answers: to any other class, and to one of them."""

import numpy as np
import pytest
from methods import BUDGETED
from scipy.special import log_softmax

from echoshift.attacks.axes import Axis
from echoshift.attacks.job import run_search
from echoshift.attacks.settings import Search
from echoshift.errors import EchoShiftError

ALPHA_L = Axis(name="alpha_l", initial=10.0, low=5.0, high=15.0, step=0.1, rate=0.5)
ALPHA_U = Axis(name="alpha_u", initial=55.0, low=50.0, high=60.0, step=0.1, rate=0.5)
FIXED = {"beta": 0.9}


def run(ask, label=1, target=None, method="sign_descent", max_queries=400):
    search = Search(method=method, max_queries=max_queries, seed=5, axes=(ALPHA_L, ALPHA_U), fixed=FIXED, target=target)
    return run_search(lambda settings: np.array([ask(**one) for one in settings]), label, search)


def ladder(alpha_l, alpha_u, beta):
    """Class 0 for low values of alpha_l, 1 about the initial 10 dB, 2 for high ones; alpha_u does not matter."""
    return [-(alpha_l - 5), -abs(alpha_l - 10.4), -(15.5 - alpha_l)]


@pytest.mark.parametrize("method", BUDGETED)
@pytest.mark.parametrize("target", [0, 2])
def test_a_search_with_a_target_ends_at_the_target_alone(method, target):
    outcome, objective = run(ladder, target=target, method=method)
    assert outcome == "flipped"
    answers = [query.answer for query in objective.queries]
    assert answers[0] == 1 and answers[-1] == target
    assert target not in answers[:-1] or method == "sign_descent"  # probes do not end a descent
    end = objective.iterations[-1].point[0]
    assert end < 7.71 if target == 0 else end > 12.94


@pytest.mark.parametrize("method", BUDGETED)
def test_another_wrong_answer_is_no_success(method):
    """Class 0 is nowhere in the box, class 2 nearly everywhere."""
    outcome, objective = run(lambda alpha_l, **_: [-50, 10 - abs(alpha_l - 10) * 20, 5], target=0, method=method)
    assert outcome != "flipped" and {query.answer for query in objective.queries} <= {1, 2}
    if method == "random_search":
        assert [query.answer for query in objective.queries].count(2) > 200


@pytest.mark.parametrize("method", BUDGETED)
def test_without_a_target_any_other_class_counts(method):
    outcome, objective = run(ladder, method=method)
    assert outcome == "flipped" and objective.iterations[-1].scores[1] < max(objective.iterations[-1].scores)
    impossible, _ = run(lambda alpha_l, alpha_u, beta: [0.0, 1.0 + 0.01 * alpha_l, 0.5], method=method)
    assert impossible != "flipped"


@pytest.mark.parametrize(
    ("target", "chances"),
    [
        (None, [(0.6, 0.2, 0.2), (0.35, 0.33, 0.32), (0.45, 0.5, 0.05)]),
        (2, [(0.6, 0.2, 0.2), (0.5, 0.05, 0.45), (0.3, 0.3, 0.4)]),
    ],
)
def test_a_flip_at_a_lower_loss_than_before_is_where_the_search_ends(target, chances):
    """The cross-entropy does not order three classes as the answer does."""
    answers = iter(np.log(chances))
    outcome, objective = run(lambda **_: next(answers), label=0, target=target, method="random_search")
    assert outcome == "flipped" and objective.queries[2].loss < objective.queries[1].loss
    assert objective.iterations[-1].scores == objective.queries[-1].scores


def test_the_loss_is_the_cross_entropy_of_the_softmax():
    for target in (None, 2):
        _, objective = run(ladder, target=target)
        for query in objective.queries:
            expected = log_softmax(query.scores)
            assert query.loss == pytest.approx(-expected[1] if target is None else expected[2])


def test_a_descent_follows_the_target_downhill_of_its_own_cross_entropy():
    """Class 0 is nearest, so that a search without a target goes there; with target 2 it goes the other way."""

    def near(alpha_l, **_):
        return [9.0 - alpha_l, 1.2, alpha_l - 12.0]

    ends = {target: run(near, target=target)[1].iterations[-1].point[0] for target in (None, 0, 2)}
    assert ends[None] < 10 and ends[0] < 10 < ends[2]


def test_a_frame_of_the_target_is_refused():
    with pytest.raises(EchoShiftError, match="initial image: found the target, class 1, expected another class"):
        run(ladder, target=1)
    with pytest.raises(EchoShiftError, match=r"found scores .* with label 0, expected a correctly classified image"):
        run(ladder, label=0, target=2)
    with pytest.raises(EchoShiftError, match="target: found 3, expected 0 to 2 as the classifier answers"):
        run(ladder, target=3)
    with pytest.raises(EchoShiftError, match="label: found 4, expected 0 to 2 as the classifier answers"):
        run(ladder, label=4)


def test_a_wrong_initial_image_shows_all_scores():
    with pytest.raises(EchoShiftError, match=r"initial image: found scores -5, -0\.4, -5\.5 with label 2, expected a"):
        run(ladder, label=2)


def test_without_a_label_the_first_answer_is_left():
    outcome, objective = run(ladder, label=None)
    assert outcome == "flipped" and objective.label == 1


def test_of_two_classes_the_target_is_the_other_one():
    def pair(alpha_l, **_):
        return [0.0, alpha_l - 9.2]

    free, aimed = run(pair), run(pair, target=0)
    assert free[0] == aimed[0] == "flipped"
    assert [step.point for step in free[1].iterations] == [step.point for step in aimed[1].iterations]
