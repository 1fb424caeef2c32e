"""The search for the nearest flip, on predictors whose nearest flip is known."""

import numpy as np
import planted
import pytest
from planted import Planted

from echoshift.attacks.distance import largest_move, moves
from echoshift.attacks.job import run_search
from echoshift.attacks.searches.nearest import NearestSettings
from echoshift.attacks.settings import Search
from echoshift.errors import EchoShiftError
from echoshift.validation import checked


def nearest(found, seed=1, max_queries=100, prior=()):
    """Largest moves of all flips of a search, in their order, and its outcome and objective."""
    search = Search(method="nearest", max_queries=max_queries, seed=seed, stop=False, axes=found.axes)
    outcome, objective = run_search(found.ask, 1, search, prior=prior)
    flips = [query.point for query in objective.queries if query.flipped]
    return [length(found, point) for point in flips], outcome, objective


def length(found, point):
    return float(largest_move(moves(found.axes, [point]))[0])


def length_of_ball(centre, radius):
    """Largest move to the nearest point of a ball, by halving: the point of a small box nearest to the centre."""
    low, high = 0.0, 1.0
    while high - low > 1e-9:
        at = (low + high) / 2
        reaches = np.linalg.norm(centre - np.clip(centre, -at, at)) < radius
        low, high = (low, at) if reaches else (at, high)
    return high


@pytest.mark.parametrize("seed", range(5))
def test_of_a_half_space_to_one_percent(seed):
    """The largest move to a plane is its offset over the sum of the normal's absolute components (Hoelder)."""
    lengths, outcome, _ = nearest(planted.half_space(seed), seed)
    assert outcome == "flipped" and 0.6 < min(lengths) < 0.606


@pytest.mark.parametrize("seed", range(5))
def test_of_a_ball_to_one_percent(seed):
    lengths, _, _ = nearest(planted.small_ball(seed), seed)
    true = length_of_ball(*planted.ball(seed, 0.005))
    assert true < min(lengths) < 1.01 * true


def test_of_two_regions_the_nearer_one():
    """The corners lie in the farther region, the nearer one is a ball without a slope."""
    centre = np.array([0.4, -0.3, 0.2])

    def margin(u):
        return min(1.5 - np.abs(u).sum() / 1.5, np.linalg.norm(u - centre) - 0.2)

    lengths, _, objective = nearest(Planted(margin))
    assert objective.queries[1].flipped  # a corner
    assert min(lengths) < 1.01 * length_of_ball(centre, 0.2)


def test_along_one_setting():
    found = Planted(lambda u: 0.37 - u[0], ("gain",))
    lengths, _, _ = nearest(found)
    assert 0.37 < min(lengths) < 0.371


def test_of_an_integer_setting_the_exact_value_and_then_the_end():
    """Widths 5 and 7 flip, two thirds and all of the way from 1."""
    found = Planted(flat_beyond(0.2), ("median",))
    lengths, outcome, objective = nearest(found)
    assert min(lengths) == pytest.approx(2 / 3)
    assert outcome == "flipped" and len(objective.queries) <= 4


def flat_beyond(limit):
    return planted.flat(lambda u: u[0] > limit)


def test_without_a_slope_by_halving():
    lengths, _, _ = nearest(Planted(planted.flat(lambda u: np.abs(u).max() > 0.43)))
    assert 0.43 < min(lengths) < 0.45


def test_a_setting_that_starts_at_a_bound():
    """From 0 to 2 pixels of smoothing: a flip at 60 % of the way."""
    lengths, _, _ = nearest(Planted(lambda u: 0.2 - u[1], ("beta", "smoothing")))
    assert 0.6 < min(lengths) < 0.606


def test_each_flip_stood_on_is_nearer_than_the_one_before():
    found = planted.half_space(3)
    lengths, _, objective = nearest(found)
    stood = [length(found, step.point) for step in objective.iterations]
    at = next(i for i, step in enumerate(objective.iterations) if found.margin(place(found, step.point)) < 0)
    assert np.all(np.diff(stood[at:]) < 0) and stood[-1] == min(lengths)


def place(found, point):
    return found.place(dict(zip(found.names, point, strict=True)))


def test_it_starts_from_the_nearest_flip_of_another_search():
    """The ledger holds its own query of that flip. All its own queries but the initial one and that are nearer."""
    found = planted.half_space(4)
    _, other = found.search("random_search", 9, 60, stop=False)
    flips = [query.point for query in other.queries if query.flipped]
    start = min(flips, key=lambda point: length(found, point))
    lengths, outcome, objective = nearest(found, prior=other.queries, max_queries=30)
    assert outcome == "flipped" and objective.queries[1].point == start
    assert all(length(found, query.point) < length(found, start) for query in objective.queries[2:])
    assert min(lengths) < 0.606


def test_a_prior_without_flips_tells_where_not_to_look():
    found = planted.small_ball(6)
    _, other = found.search("corners", 1, 15)
    assert not any(query.flipped for query in other.queries)
    lengths, outcome, objective = nearest(found, prior=other.queries)
    asked = {query.point for query in other.queries[1:]}
    assert outcome == "flipped" and not asked & {query.point for query in objective.queries}
    assert min(lengths) < 1.01 * length_of_ball(*planted.ball(6, 0.005))


def test_nothing_is_found_where_nothing_flips():
    lengths, outcome, objective = nearest(planted.wavy(1), max_queries=60)
    assert not lengths and outcome == "exhausted" and len(objective.queries) == 60


def test_the_name_of_the_other_attack_is_one_of_its_options():
    entry = checked(NearestSettings, {"method": "nearest", "from": "strongest"}, "attacks.nearest")
    search = entry.search({"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0})
    assert search.options == {"from": "strongest"} and search.stop is False and search.max_queries == 100
    assert Search.model_validate_json(search.model_dump_json()) == search
    with pytest.raises(EchoShiftError, match="stop"):
        checked(NearestSettings, {"method": "nearest", "stop": True}, "attacks.nearest")
