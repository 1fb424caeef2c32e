"""The strongest search on planted predictors: what it must find, and what is not there to be found."""

import numpy as np
import planted
import pytest
from planted import FLIPPING, SAFE

from echoshift.attacks.job import run_search
from echoshift.attacks.settings import Search

MOST = 200
"""Queries of each search."""
AT_LEAST = 95
"""Planted regions that must be found, of 100."""

each = pytest.mark.parametrize("plant", FLIPPING, ids=lambda plant: plant.__name__)
safe = pytest.mark.parametrize("plant", SAFE, ids=lambda plant: plant.__name__)


def is_found(plant, seed, method="strongest"):
    """Whether the search ends in the planted region, and nowhere else."""
    found = plant(seed)
    outcome, objective = found.search(method, seed, MOST)
    assert len(objective.queries) <= MOST
    inside = [found.margin(found.place(objective.settings(query.point))) < 0 for query in objective.queries]
    assert [query.flipped for query in objective.queries] == inside
    assert (outcome == "flipped") == inside[-1] == any(inside)
    return inside[-1]


def finds_nothing(plant, seed, max_queries):
    outcome, objective = plant(seed).search("strongest", seed, max_queries)
    return outcome == "exhausted" and not any(query.flipped for query in objective.queries)


@each
@pytest.mark.parametrize("seed", range(5))
def test_a_planted_region_is_found(plant, seed):
    assert is_found(plant, seed)


@safe
@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_found_where_nothing_flips(plant, seed):
    assert finds_nothing(plant, seed, 100)


@pytest.mark.thorough
@each
def test_planted_regions_are_found_for_nearly_every_seed(plant):
    assert sum(is_found(plant, seed) for seed in range(100)) >= AT_LEAST


@pytest.mark.thorough
@safe
def test_nothing_is_found_in_a_thousand_boxes(plant):
    assert all(finds_nothing(plant, seed, 60) for seed in range(500))


@pytest.mark.parametrize("method", ["bayesian", "cma_es", "direct", "strongest"])
@pytest.mark.parametrize("plant", [planted.half_space, planted.small_ball], ids=lambda plant: plant.__name__)
def test_each_search_follows_a_slope(plant, method):
    assert is_found(plant, 1, method)


def test_a_control_misses_what_needs_a_slope():
    """The plants are hard enough: uniform draws miss most balls of 0.5 % of the box and most single corners."""
    for plant in (planted.small_ball, planted.corner):
        assert sum(is_found(plant, seed, "random_search") for seed in range(20)) < 17


@pytest.mark.parametrize("method", ["bayesian", "cma_es", "direct", "strongest", "nearest"])
def test_a_search_that_goes_on_ends_with_its_budget(method):
    outcome, objective = planted.half_space(2).search(method, 2, 60, stop=False)
    flips = [query.flipped for query in objective.queries]
    assert outcome == "flipped" and len(flips) == 60 and sum(flips) >= 5


@pytest.mark.parametrize("method", ["bayesian", "strongest"])
def test_a_search_that_goes_on_lowers_the_margin(method):
    """Of a small ball the lowest margin is minus its radius, at its centre."""
    _, objective = planted.small_ball(4).search(method, 4, 60, stop=False)
    assert min(map(objective.margin, objective.queries)) < -0.7 * planted.ball(4, 0.005)[1]


@pytest.mark.parametrize("method", ["bayesian", "cma_es", "strongest", "nearest"])
def test_the_queries_depend_on_the_seed_alone(method):
    def asked(seed):
        return [query.point for query in planted.wavy(3).search(method, seed, 60, stop=method != "nearest")[1].queries]

    assert asked(1) == asked(1)
    assert asked(1) != asked(2)


def test_where_the_margin_varies_is_asked_more_closely():
    """The mean distance to a small ball's centre is smaller than that of uniform draws, 30 queries after the design."""
    found = planted.small_ball(5)
    shifted = planted.Planted(lambda u: found.margin(u) + 1)  # nothing flips
    _, objective = shifted.search("strongest", 5, 60)
    margins = [shifted.margin(shifted.place(objective.settings(query.point))) for query in objective.queries[16:]]
    assert np.median(margins) < 1.6


@pytest.mark.parametrize("method", ["bayesian", "strongest"])
def test_among_wrong_answers_those_on_similar_pictures_are_sought(method):
    """Wrong answers fill 5 % of the box, in a corner. They count in 0.07 % of it, near the start and beside the border."""
    found = planted.half_space(7)

    def is_similar(settings):
        return np.abs(found.place(settings)).max() < 0.7

    search = Search(method=method, max_queries=MOST, seed=1, axes=found.axes)
    outcome, objective = run_search(found.ask, 1, search, accepts=is_similar)
    assert outcome == "flipped" and is_similar(objective.settings(objective.iterations[-1].point))
    assert any(query.wrong and not query.flipped for query in objective.queries)


@pytest.mark.parametrize("method", ["bayesian", "cma_es", "direct", "strongest"])
def test_with_a_target_its_margin_decides(method):
    """Class 0 is nearer, class 2 is the target: it wins in a ball towards which its own score rises."""
    centre = np.array([-0.5, 0.4, 0.6])
    found = planted.small_ball(0)

    def ask(settings):
        places = [found.place(one) for one in settings]
        return np.array([[0.8 - u[1], 1.0, 1.3 - np.linalg.norm(u - centre)] for u in places])

    search = Search(method=method, max_queries=MOST, seed=1, axes=found.axes, target=2)
    outcome, objective = run_search(ask, 1, search)
    assert outcome == "flipped" and objective.queries[-1].answer == 2
