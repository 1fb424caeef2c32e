"""The search of the corners: which places it asks, in which order, and what it cannot miss."""

from itertools import islice

import numpy as np
import pytest

from echoshift.attacks.axes import Axis
from echoshift.attacks.designs import corners
from echoshift.attacks.job import run_search
from echoshift.attacks.searches.corners import places
from echoshift.attacks.settings import Search
from echoshift.classifiers.answers import scores_of_logits


def run(formula, n_settings=3, max_queries=200, kind="continuous"):
    axes = tuple(
        Axis(name=f"s{i}", kind=kind, initial=11.0, low=1.0, high=21.0, step=2.0, rate=2.0) for i in range(n_settings)
    )
    search = Search(method="corners", max_queries=max_queries, axes=axes)
    return run_search(
        lambda settings: scores_of_logits([formula(np.array(list(one.values()))) for one in settings]), 1, search
    )


@pytest.mark.parametrize("n_settings", [1, 2, 3, 6])
def test_all_corners_of_a_small_box_come_first(n_settings):
    found = {tuple(place) for place in islice(places(n_settings), 2**n_settings)}
    assert len(found) == 2**n_settings and all(set(place) <= {0, 1} for place in found)


@pytest.mark.parametrize("corner", [(1, 1, 1), (21, 1, 21), (21, 21, 21)])
def test_one_corner_alone_is_found_within_nine_queries(corner):
    outcome, objective = run(lambda point: np.abs(point - corner).max() - 0.5)
    assert outcome == "flipped" and len(objective.queries) <= 9
    assert objective.iterations[-1].point == corner


@pytest.mark.parametrize("n_settings", [7, 8, 15, 17])
def test_of_many_settings_every_pair_is_in_all_four_combinations_equally_often(n_settings):
    design = corners(n_settings)
    assert len(design) <= 4 * n_settings + 4 and len({tuple(row) for row in design}) == len(design)
    for i in range(n_settings):
        assert design[:, i].mean() == 0.5
        for j in range(i):
            assert (design[:, i] * design[:, j]).mean() == 0.25


def test_seventeen_settings_with_two_that_matter():
    """Both must be at their bounds, as a quarter of the corners are."""
    outcome, objective = run(lambda point: 19.5 + min(point[3] - 11, 0) - max(point[12] - 11, 0), n_settings=17)
    assert outcome == "flipped" and len(objective.queries) <= 20
    end = objective.iterations[-1].point
    assert (end[3], end[12]) == (1, 21)


def test_a_centre_of_a_face_and_a_grid_point_inside():
    outcome, objective = run(lambda point: np.abs(point - (11, 11, 1)).max() - 0.5)
    assert outcome == "flipped" and len(objective.queries) <= 1 + 8 + 6
    outcome, objective = run(lambda point: np.abs(point - (6, 16, 6)).max() - 0.5)
    assert outcome == "flipped" and len(objective.queries) <= 5**3


def test_a_box_without_a_flip_ends_when_everything_was_asked():
    outcome, objective = run(lambda point: 1.0, n_settings=1, max_queries=1000)
    assert outcome == "stalled" and len(objective.queries) == 33
    outcome, objective = run(lambda point: 1.0, n_settings=2, max_queries=2000, kind="odd integer")
    assert outcome == "stalled" and len(objective.queries) == 11**2  # 1, 3, ..., 21
    outcome, _ = run(lambda point: 1.0, max_queries=50)
    assert outcome == "exhausted"
