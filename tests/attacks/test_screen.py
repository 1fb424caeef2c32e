"""A screened lattice against the whole one: the same nearest flip with a quarter of the points, and what it says it skipped."""

import numpy as np
import pytest
from test_lattice import PAPERS_BOX, flat, half_space, one_corner, run, small_ball, thin_shell, wavy

from echoshift.attacks.job import run_search
from echoshift.attacks.lattice_points import by_distance, points
from echoshift.attacks.screen import FALL, coordinates
from echoshift.attacks.searches.lattice import Settings, field
from echoshift.attacks.trajectory import nearest_flip
from probes import PAPER

SCREENED = Settings(method="lattice", screen=True).search(PAPER)


def needle(point):
    """Wrong at (0.95, 10.5, 54.5) alone, without a sign of it in the neighbours."""
    return -1.0 if np.abs(point - [0.125, 0.1, -0.1]).max() < 0.01 else 1.0 + point[0] / 10


def notch(point):
    """Wrong at 0.2 of the way alone, deep below its neighbours."""
    return 0.05 + 0.2 * abs(point[0]) - 5 * (abs(point[0] - 0.2) < 0.01)


@pytest.mark.parametrize("formula", [half_space, thin_shell, small_ball, one_corner])
def test_it_finds_the_same_nearest_flip_with_a_quarter_of_the_points(formula):
    (_, whole), (outcome, screened) = run(formula, PAPERS_BOX), run(formula, SCREENED)
    assert outcome == "flipped" and len(screened.queries) <= 7497 / 4
    found, expected = nearest_flip(screened), nearest_flip(whole)
    assert [found[key] for key in ("settings", "scores", "linf")] == [
        expected[key] for key in ("settings", "scores", "linf")
    ]
    known = {query.point: query.scores for query in whole.queries}
    assert all(known[query.point] == query.scores for query in screened.queries)


@pytest.mark.parametrize("formula", [flat, wavy])
def test_without_a_flip_it_says_so(formula):
    outcome, objective = run(formula, SCREENED)
    attributes = field(objective).attrs
    assert outcome == "stalled" and not attributes["attackable"]
    assert attributes["asked"] == len(objective.queries) <= 7497 / 4 and attributes["points"] == 7497
    assert attributes["flipped_share"] is attributes["flipped_volume"] is None


def test_it_says_which_points_it_skipped_and_why():
    _, objective = run(half_space, SCREENED)
    reasons = field(objective).skipped
    assert reasons.attrs["flag_meanings"].split()[0] == "asked"
    everything = points(SCREENED.axes)
    order = by_distance(SCREENED.axes, everything)
    nearest = [tuple(point) for point in everything[order]].index(
        tuple(nearest_flip(objective)["settings"][one.name] for one in SCREENED.axes)
    )
    in_order = reasons.values.ravel()[order]
    assert set(in_order[:nearest]) == {0, 1} and set(in_order[nearest:]) == {0, 2}
    assert (in_order == 0).sum() == len(objective.queries)


def test_what_the_assumption_excludes_is_missed_but_named():
    """All neighbours of the needle look alike. Only the whole lattice finds it."""
    assert run(needle, PAPERS_BOX)[0] == "flipped"
    outcome, objective = run(needle, SCREENED)
    assert outcome == "stalled"
    found = field(objective)
    assert found.skipped.sel(beta=0.95, alpha_l=10.5, alpha_u=54.5) == 1
    assert found.attrs["assumed_fall"] == FALL


def test_the_largest_fall_seen_shows_that_the_assumption_does_not_hold():
    box = Settings(method="lattice", screen=True, settings={"alpha_l": {}}).search(PAPER)
    _, objective = run(notch, box)
    assert field(objective).attrs["largest_fall"] > FALL
    _, objective = run(thin_shell, SCREENED)
    assert field(objective).attrs["largest_fall"] < FALL


def test_with_a_target_other_wrong_answers_do_not_count():
    """Class 0 is near and class 2 far."""
    search = Settings(method="lattice", screen=True, target="c").search(PAPER, classes=("a", "b", "c"))

    def ask(settings):
        return np.array([[9.0 - one["alpha_l"], 0.5, one["alpha_l"] - 13.2] for one in settings])

    outcome, objective = run_search(ask, 1, search)
    assert outcome == "flipped" and nearest_flip(objective)["settings"] == PAPER | {"alpha_l": 14.0}
    assert len(objective.queries) < 7497 / 4


def test_coarse_values_count_from_the_initial_one_and_have_the_bounds():
    search = Settings(method="lattice", settings={"beta": {"min": 0.74, "max": 1.37, "rate": 0.05}}).search(PAPER)
    assert coordinates(search.axes[0], 4).tolist() == [0, 4, 8, 12, 14]  # 0.74, 0.9, ...
    assert coordinates(search.axes[0], 1).tolist() == list(range(15))
    held = Settings(method="lattice", settings={"beta": {"min": 0.9, "max": 0.9}}).search(PAPER)
    assert coordinates(held.axes[0], 4).tolist() == [0]
