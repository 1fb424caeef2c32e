"""Planted predictors with a known probability of a changed answer: it lies within the interval."""

import numpy as np
import pytest

from echoshift.accidental.asking import ask_draws
from echoshift.accidental.cohort import ONE_SIDED, TWO_SIDED, change_of_answer
from echoshift.accidental.settings import Accidental
from echoshift.classifiers.answers import scores_of_logits
from echoshift.errors import EchoShiftError
from echoshift.settings import PAPER, SETTINGS

INITIAL = {name: SETTINGS[name].initial for name in PAPER}


def asked(predict, spread, seed=1, n=299, label=0, tolerance=0.0, settings=None, initial=INITIAL):
    """Answers of a predictor that sees the settings themselves: positive where `predict(settings)` >= 0."""
    chosen = {} if settings is None else {"settings": settings}
    section = Accidental(draws=n, seed=seed, spreads={"one": spread}, **chosen)
    draws = section.drawn("one", "F1", initial, {}, {})
    return ask_draws(lambda some: scores_of_logits([predict(one) for one in some]), label, draws, tolerance)


def half_space(one):
    """Positive for beta above 0.96: 40 % of the way from 0.9 to 1.0."""
    return one["beta"] - 0.96


def ball(one):
    """Positive outside a ball of half the box's half-widths."""
    return (
        sum(((one[name] - INITIAL[name]) / half) ** 2 for name, half in zip(PAPER, (0.1, 1.25, 1.25), strict=True))
        - 0.25
    )


def wide_filter(one):
    return one["median"] - 6.0


def far_out(one):
    """Positive above one standard deviation."""
    return one["beta"] - 0.95


PLANTED = {
    "half-space": (half_space, {"uniform": 0.25}, {}, 0.2),
    "ball": (ball, {"uniform": 0.25}, {}, 1 - np.pi / 6 / 8),
    "odd whole number": (wide_filter, {"uniform": 1.0}, {"settings": {"median": {"min": 1, "max": 7}}}, 0.25),
    # P(1 < Z) of a normal distribution cut off at 8 deviations
    "normal": (far_out, {"normal": {"beta": 0.05}}, {"settings": {"beta": {"min": 0.5, "max": 1.3}}}, 0.158655),
    "rare": (lambda one: one["alpha_l"] - 11.2, {"uniform": 0.25}, {}, 0.02),
}


def covered(planted, seed):
    predict, spread, options, truth = PLANTED[planted]
    found = change_of_answer(int(asked(predict, spread, seed, **options).changed[1:].sum()), 299)
    return found["low"] <= truth <= found["high"]


@pytest.mark.parametrize("planted", PLANTED)
def test_the_true_probability_lies_within_the_interval_for_90_of_100_seeds(planted):
    assert sum(covered(planted, seed) for seed in range(100)) >= 90


def test_limits_say_which_they_are():
    none = change_of_answer(0, 299)
    assert none == {"probability": 0.0, "low": 0.0, "high": pytest.approx(0.01, abs=1e-4), "limit": ONE_SIDED}
    assert "one-sided" in ONE_SIDED and "two-sided" in TWO_SIDED
    some, every = change_of_answer(3, 299), change_of_answer(299, 299)
    assert some["limit"] == every["limit"] == TWO_SIDED and every["high"] == 1.0
    assert 0 < some["low"] < some["probability"] == 3 / 299 < some["high"]


def test_an_answer_counts_as_changed_or_wrong_beyond_the_tolerance():
    answers = asked(half_space, {"uniform": 0.25}, tolerance=0.01)
    beta = answers.points[1:, 0]
    assert (answers.changed[1:] == (beta >= 0.97)).all() and (beta[~answers.changed[1:]] > 0.96).any()
    assert (answers.wrong == answers.changed).all() and not answers.changed[0]
    # Wrong from the start: a draw can make it right, which is a change.
    answers = asked(half_space, {"uniform": 0.25}, label=1, tolerance=0.01)
    assert answers.wrong[0] and not answers.changed[0] and answers.initial_answer == 0
    assert (answers.wrong[1:] == (answers.points[1:, 0] <= 0.95)).all()


def test_without_a_label_the_initial_answer_takes_its_place():
    answers = asked(lambda one: 0.0, {"uniform": 0.25}, label=None)
    assert answers.label == 1 and not answers.wrong.any()  # of equal scores, the later class
    with pytest.raises(EchoShiftError, match=r"^label: found 2, expected 0 to 1"):
        asked(half_space, {"uniform": 0.25}, label=2)


def test_settings_drawn_several_times_are_asked_once_in_batches():
    batches = []

    def predict_all(some):
        batches.append(len(some))
        return scores_of_logits([wide_filter(one) for one in some])

    section = Accidental(draws=100, spreads={"one": {"uniform": 1.0}}, settings={"median": {}})
    answers = ask_draws(predict_all, 0, section.drawn("one", "F1", INITIAL, {}, {}))
    assert batches == [4] and answers.scores.shape == (101, 2)
    batches.clear()
    section = Accidental(draws=40, spreads={"one": {"uniform": 1.0}}, settings={"beta": {}, "median": {}})
    ask_draws(predict_all, 0, section.drawn("one", "F1", INITIAL, {}, {}))
    assert batches == [16, 16, 9]
