"""Every search on predictors with known answers: what must be found, what must not, and the outcome."""

import math

import numpy as np
import pytest
from methods import BUDGETED

from echoshift.attacks.axes import Axis
from echoshift.attacks.job import run_search
from echoshift.attacks.objective import Objective
from echoshift.attacks.objective import cross_entropy as cross_entropy_of_scores
from echoshift.attacks.settings import Search
from echoshift.classifiers.answers import scores_of_logits
from echoshift.errors import EchoShiftError

BETA = Axis(name="beta", initial=0.9, low=0.5, high=1.3, step=0.05, rate=0.05)
ALPHA_L = Axis(name="alpha_l", initial=10.0, low=5.0, high=15.0, step=0.1, rate=0.5)
ALPHA_U = Axis(name="alpha_u", initial=55.0, low=50.0, high=60.0, step=0.1, rate=0.5)
PAPER = (BETA, ALPHA_L, ALPHA_U)


def cross_entropy(logit, label):
    return cross_entropy_of_scores(scores_of_logits(logit), label)


def held_still(axis):
    return axis.model_copy(update={"low": axis.initial, "high": axis.initial})


class Recorder:
    """A predictor defined by a formula that records its batches."""

    def __init__(self, formula):
        self.formula, self.batches = formula, []

    def __call__(self, settings):
        self.batches.append([dict(one) for one in settings])
        return scores_of_logits([self.formula(**one) for one in settings])

    @property
    def asked(self):
        return [tuple(sorted(one.items())) for batch in self.batches for one in batch]


def run(formula, label=1, axes=PAPER, method="sign_descent", max_queries=105, seed=3):
    searched = {axis.name for axis in axes}
    fixed = {axis.name: axis.initial for axis in PAPER if axis.name not in searched}
    ask = Recorder(formula)
    search = Search(method=method, max_queries=max_queries, seed=seed, axes=axes, fixed=fixed)
    outcome, objective = run_search(ask, label, search)
    return outcome, objective, ask


def test_flips_at_the_known_step_along_the_papers_example():
    """Three iterations lead from (0.9, 10, 55) to (1.05, 11.5, 53.5), where this classifier changes its answer."""
    outcome, objective, _ = run(
        lambda beta, alpha_l, alpha_u: 3.5 - (20 * (beta - 0.9) + (alpha_l - 10) - (alpha_u - 55)) * 0.61
    )
    assert outcome == "flipped"
    assert [step.point for step in objective.iterations] == [
        (0.9, 10, 55),
        (0.95, 10.5, 54.5),
        (1.0, 11.0, 54.0),
        (1.05, 11.5, 53.5),
    ]
    # the initial query, then six probes and one step per iteration, without repetition
    assert len(objective.queries) == 1 + 3 * 7


def test_moves_all_settings_at_once_by_rate_times_sign():
    _, _, ask = run(lambda beta, alpha_l, alpha_u: 1 + 0.1 * beta - 0.001 * alpha_l, max_queries=8)
    assert [len(batch) for batch in ask.batches] == [1, 6, 1]
    assert ask.batches[2] == [{"beta": 0.85, "alpha_l": 10.5, "alpha_u": 55.0}]
    np.testing.assert_allclose(sorted(one["beta"] for one in ask.batches[1]), [0.85, 0.9, 0.9, 0.9, 0.9, 0.95])


def test_differences_are_slopes_of_the_loss():
    _, objective, _ = run(lambda beta, **_: 2 * beta - 0.3, axes=(BETA,))
    at = 2 * 0.9 - 0.3
    slope = (cross_entropy(at + 0.1, 1) - cross_entropy(at - 0.1, 1)) / 0.1
    assert objective.iterations[0].differences[0] == pytest.approx(float(slope))


@pytest.mark.parametrize("method", BUDGETED)
@pytest.mark.parametrize(("label", "sign"), [(0, -1), (1, 1)])
def test_never_flips_an_answer_that_no_setting_changes(label, sign, method):
    outcome, objective, _ = run(lambda beta, **_: sign * (4 + beta), label=label, method=method)
    assert outcome != "flipped"
    assert not any(query.flipped for query in objective.queries)


@pytest.mark.parametrize("method", BUDGETED)
def test_a_planted_vulnerability_is_found_and_reported_where_it_is(method):
    def formula(beta, alpha_l, alpha_u):
        return 2.0 - 8 * abs(beta - 0.9)  # wrong from 0.25 away

    beside = BETA.model_copy(update={"initial": 0.95})
    outcome, objective, _ = run(formula, method=method, axes=(beside, ALPHA_L, ALPHA_U))
    last = objective.iterations[-1]
    assert outcome == "flipped"
    assert abs(last.point[0] - 0.9) >= 0.25 - 1e-9
    assert last.scores[1] == pytest.approx(formula(*last.point))


def test_a_vulnerability_in_a_corner_the_signs_lead_away_from_is_missed_by_descent_alone():
    def formula(beta, alpha_l, alpha_u):
        return -1.0 if beta > 1.2 else 2.0 + beta

    assert run(formula)[0] != "flipped"
    assert run(formula, method="random_search")[0] == "flipped"


def test_plateau_ends_stalled_after_one_round_of_probes():
    outcome, objective, _ = run(lambda beta, alpha_l, alpha_u: 1.5)
    assert outcome == "stalled"
    assert len(objective.queries) == 7
    assert objective.iterations[0].differences == (0.0, 0.0, 0.0)


def test_cycle_ends_stalled_at_the_revisited_point():
    """The loss peaks between 0.925 and 0.95: the search steps over the peak and back."""
    outcome, objective, _ = run(lambda beta, **_: 3 + 10 * abs(beta - 0.93), axes=(BETA,))
    assert outcome == "stalled"
    assert [step.point for step in objective.iterations] == [(0.9,), (0.95,)]


def test_runs_to_its_bounds():
    outcome, objective, _ = run(lambda beta, alpha_l, alpha_u: 50 - beta + alpha_l - alpha_u / 10)
    assert outcome == "at_bounds"
    assert objective.iterations[-1].point == (1.3, 5.0, 60.0)


def test_already_at_a_bound_probes_inwards_only_and_divides_by_the_actual_distance():
    at = BETA.model_copy(update={"initial": 1.3})
    outcome, objective, ask = run(lambda beta, **_: 4 - beta, axes=(at,))
    assert outcome == "at_bounds"
    assert [one["beta"] for batch in ask.batches for one in batch] == [1.3, 1.25]
    slope = (cross_entropy(4 - 1.3, 1) - cross_entropy(4 - 1.25, 1)) / 0.05
    assert objective.iterations[0].differences[0] == pytest.approx(float(slope))


def test_a_setting_held_still_does_not_hide_that_the_others_reached_their_bounds():
    axes = (BETA, held_still(ALPHA_L), ALPHA_U)
    outcome, objective, _ = run(lambda beta, alpha_l, alpha_u: 50 - beta - alpha_u / 10, axes=axes)
    assert outcome == "at_bounds"
    assert objective.iterations[-1].point == (1.3, 10.0, 60.0)


@pytest.mark.parametrize("method", BUDGETED)
def test_equal_bounds_hold_a_setting_still(method):
    axes = (BETA, held_still(ALPHA_L), ALPHA_U)
    _, objective, _ = run(lambda beta, alpha_l, alpha_u: 9 - beta + alpha_l, axes=axes, method=method)
    assert {query.point[1] for query in objective.queries} == {10.0}
    assert run(lambda **_: 9.0, axes=tuple(map(held_still, PAPER)), method=method)[0] == "stalled"


@pytest.mark.parametrize("method", BUDGETED)
@pytest.mark.parametrize("max_queries", [1, 6, 7, 8, 20, 105])
def test_the_budget_counts_distinct_settings_and_is_never_exceeded(method, max_queries):
    def formula(beta, alpha_l, alpha_u):
        return 5 + math.sin(9 * beta) + math.sin(2 * alpha_l) + math.sin(3 * alpha_u)

    outcome, objective, ask = run(formula, method=method, max_queries=max_queries)
    assert len(ask.asked) == len(set(ask.asked)) == len(objective.queries) <= max_queries
    if method == "random_search" or max_queries < 8:
        assert outcome == "exhausted"
    if method == "random_search":
        assert len(objective.queries) == max_queries


def test_random_search_is_uniform_in_the_box_and_depends_on_the_seed_alone():
    def points(seed):
        _, objective, _ = run(lambda **_: 3.0, method="random_search", max_queries=2001, seed=seed)
        return np.array([query.point for query in objective.queries[1:]])

    first = points(1)
    np.testing.assert_array_equal(first, points(1))
    assert not np.array_equal(first, points(2))
    low, high = np.array([0.5, 5, 50]), np.array([1.3, 15, 60])
    share = (first - low) / (high - low)
    assert ((share >= 0) & (share <= 1)).all()
    np.testing.assert_allclose(share.mean(axis=0), 0.5, atol=0.03)
    np.testing.assert_allclose(share.std(axis=0), 12**-0.5, atol=0.02)


def test_random_search_stops_at_the_first_misclassified_draw():
    outcome, objective, _ = run(lambda beta, alpha_l, alpha_u: 1.0 if beta < 1.1 else -1.0, method="random_search")
    assert outcome == "flipped"
    wrong = [query.flipped for query in objective.queries]
    assert wrong[-1] and not any(wrong[:-1])
    assert objective.iterations[-1].point == objective.queries[-1].point


def test_only_the_point_moved_to_decides_as_in_the_paper():
    """A probe 0.05 below is misclassified, but the loss leads upwards, away from it: recorded, but no success."""
    wrong = {(0.85, 10): -0.1, (0.95, 10): -0.2}
    outcome, objective, _ = run(lambda beta, alpha_l, alpha_u: wrong.get((beta, alpha_l), 2.0 + alpha_l / 100))
    assert any(query.flipped for query in objective.queries)
    assert outcome != "flipped"


def test_the_loss_comes_from_the_logit_in_float64():
    assert cross_entropy(30.0, 1) == pytest.approx(math.exp(-30), rel=1e-9)
    assert cross_entropy(-700.0, 1) == pytest.approx(700)
    assert cross_entropy(0.0, 0) == pytest.approx(math.log(2))


@pytest.mark.parametrize(("logit", "found"), [(-1.0, "initial image: found logit -1"), (math.nan, "predictor: found")])
def test_refuses_a_frame_that_is_wrong_from_the_start_and_a_predictor_that_answers_nan(logit, found):
    with pytest.raises(EchoShiftError, match=found):
        run(lambda **_: logit)


def test_objective_rounds_and_clips_points():
    objective = Objective(Recorder(lambda **_: 1.0), 1, Search(method="sign_descent", max_queries=9, axes=PAPER))
    assert objective.within([0.9 + 1e-9, 99.0, -4.0]) == (0.9, 15.0, 50.0)
