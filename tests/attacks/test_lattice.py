"""The lattice: its points and their order, and planted classifiers of which it must say everything exactly."""

import math

import numpy as np
import pytest
import xarray as xr

from echoshift.attacks.axes import Axis
from echoshift.attacks.job import run_search
from echoshift.attacks.lattice_points import by_distance, points, shape, values
from echoshift.attacks.searches.lattice import Settings, field
from echoshift.attacks.trajectory import nearest_flip
from echoshift.classifiers.answers import scores_of_logits
from echoshift.errors import EchoShiftError
from echoshift.storage.stores import write_dataset
from probes import PAPER

PAPERS_BOX = Settings(method="lattice").search(PAPER)
UNEVEN = Settings(
    method="lattice",
    settings={
        "beta": {"min": 0.83, "max": 1.3, "rate": 0.2},
        "median": {"max": 9, "rate": 4},
        "gain": {"min": 0, "max": 2},
    },
).search(PAPER | {"median": 5, "gain": 0})


def axis(initial, low, high, rate, kind="continuous"):
    return Axis(name="gain", kind=kind, initial=initial, low=low, high=high, step=max(rate, 1), rate=rate)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (axis(0.9, 0.5, 1.3, 0.2), [0.5, 0.7, 0.9, 1.1, 1.3]),
        (axis(0.8, 0.5, 1.3, 0.2), [0.5, 0.6, 0.8, 1.0, 1.2, 1.3]),
        (axis(0.5, 0.5, 1.0, 0.2), [0.5, 0.7, 0.9, 1.0]),
        (axis(1.0, 0.5, 1.0, 0.2), [0.5, 0.6, 0.8, 1.0]),
        (axis(0.9, 0.9, 0.9, 0.2), [0.9]),
        (axis(0.9, 0.85, 1.0, 0.2), [0.85, 0.9, 1.0]),
        (axis(0.9, 0.5, 1.3, 0.133333), [0.5, 0.633334, 0.766667, 0.9, 1.033333, 1.166666, 1.3]),
        (axis(3, 0, 10, 2, "integer"), [0, 1, 3, 5, 7, 9, 10]),
        (axis(5, 1, 9, 2, "odd integer"), [1, 3, 5, 7, 9]),
        (axis(3, 1, 9, 4, "odd integer"), [1, 3, 7, 9]),
    ],
)
def test_values_are_whole_steps_from_the_initial_one_and_both_bounds(own, expected):
    assert values(own) == expected
    assert shape([own]) == (len(expected),)


def test_the_papers_box_has_7497_points():
    assert shape(PAPERS_BOX.axes) == (17, 21, 21)
    found = points(PAPERS_BOX.axes)
    assert len(np.unique(found, axis=0)) == len(found) == 7497


@pytest.mark.parametrize("search", [PAPERS_BOX, UNEVEN])
def test_points_are_asked_once_in_order_of_distance(search):
    _, objective = run(lambda point: 1.0, search)
    asked = np.array([query.point for query in objective.queries])
    assert len(np.unique(asked, axis=0)) == len(asked) == math.prod(shape(search.axes))
    ends = [{one.low, one.initial, one.high} for one in search.axes]
    assert all(own <= set(asked[:, i]) for i, own in enumerate(ends))
    keys = [distance(search, point) for point in asked]
    assert keys == sorted(keys) and keys[0] == (0, 0) and max(keys)[0] == 1
    everything = points(search.axes)
    index = {tuple(point): i for i, point in enumerate(everything)}
    order = [index[tuple(point)] for point in asked]
    assert all(i < j for i, j, k, m in zip(order, order[1:], keys, keys[1:], strict=False) if k == m)
    np.testing.assert_array_equal(order, by_distance(search.axes, everything))


def distance(search, point):
    """L-infinity and L2 of a point, in pure Python."""
    shares = []
    for value, one in zip(point, search.axes, strict=True):
        way = one.high - one.initial if value > one.initial else one.initial - one.low
        shares.append(abs(value - one.initial) / way if way else 0.0)
    return round(max(shares), 9), round(math.sqrt(sum(share**2 for share in shares) / len(shares)), 9)


def run(formula, search, label=1):
    return run_search(lambda asked: scores_of_logits([formula(place(one, search)) for one in asked]), label, search)


def place(settings, search):
    """Place in the box, -1 to 1 along each setting, 0 at the initial value."""
    own = []
    for one in search.axes:
        away = settings[one.name] - one.initial
        way = one.high - one.initial if away > 0 else one.initial - one.low
        own.append(away / way if way else 0.0)
    return np.array(own)


def half_space(point):
    return 0.731 - point @ [0.9, 0.4, -0.5][: len(point)]


def thin_shell(point):
    """Wrong between radii 0.75 and 0.8 alone."""
    return 50 * abs(np.linalg.norm(point) - 0.775) - 1.25


def small_ball(point):
    return 8 * np.linalg.norm(point - [0.62, -0.51, 0.33][: len(point)]) - 1


def one_corner(point):
    return 5 * np.abs(point - [1, -1, 1][: len(point)]).max() - 0.1


def flat(point):
    return 1.5


def wavy(point):
    return 0.2 + 0.19 * np.sin(40 * point).prod()


PLANTED = (half_space, thin_shell, small_ball, one_corner, flat, wavy)


@pytest.mark.parametrize("formula", PLANTED)
@pytest.mark.parametrize("names", [("beta", "alpha_l", "alpha_u"), ("beta", "alpha_u"), ("alpha_l",)])
def test_of_a_planted_classifier_it_says_everything(formula, names):
    compare(formula, Settings(method="lattice", settings={name: {} for name in names}).search(PAPER))


@pytest.mark.parametrize("formula", PLANTED)
def test_with_whole_numbers_and_a_start_at_a_bound(formula):
    compare(formula, UNEVEN)


@pytest.mark.parametrize("formula", PLANTED)
def test_with_a_setting_held_still(formula):
    held = {"beta": {}, "alpha_l": {"min": 10, "max": 10}, "alpha_u": {}}
    compare(formula, Settings(method="lattice", settings=held).search(PAPER))


def compare(formula, search):
    """Compare with all points by brute force, without the search."""
    everything = points(search.axes)
    names = [one.name for one in search.axes]
    margins = np.array([formula(place(dict(zip(names, point, strict=True)), search)) for point in everything])
    flips = everything[margins < 0]
    outcome, objective = run(formula, search)
    assert outcome == ("flipped" if len(flips) else "stalled")
    assert sum(query.flipped for query in objective.queries) == len(flips)
    found = field(objective)
    assert found.attrs["points"] == found.attrs["asked"] == len(everything)
    assert found.attrs["attackable"] == bool(len(flips))
    assert found.attrs["flipped_share"] == len(flips) / len(everything)
    assert found.attrs["smallest_margin"] == margins.min()
    assert formula(place(found.attrs["smallest_margin_settings"], search)) == margins.min()
    nearest = nearest_flip(objective)
    if len(flips):
        assert (nearest["linf"], nearest["l2"]) == min(distance(search, point) for point in flips)
        assert tuple(nearest["settings"][name] for name in names) == objective.iterations[-1].point
    else:
        assert nearest is None
        assert formula(place(objective.settings(objective.iterations[-1].point), search)) == margins.min()
    shown = found.logit.values.ravel()
    np.testing.assert_array_equal(shown, margins.astype("f4"))
    np.testing.assert_array_equal(found.flipped.values.ravel(), margins < 0)
    assert list(found.logit.dims) == names and not found.skipped.any()


def test_the_volume_of_a_half_space_is_its_share_of_the_box():
    """Along one setting, whose points at the bounds stand for half a step each."""
    search = Settings(method="lattice", settings={"alpha_l": {"min": 5, "max": 13.2}}).search(PAPER)
    _, objective = run(lambda point: 0.51 - point[0], search)  # wrong from 12 dB on, that is above 11.75
    assert field(objective).attrs["flipped_volume"] == pytest.approx((13.2 - 11.75) / 8.2)


def test_of_three_classes_the_field_has_all_scores():
    search = Settings(method="lattice", target="c", settings={"alpha_l": {}}).search(PAPER, classes=("a", "b", "c"))
    scores = [[0.0, 1.0 - (one - 10) ** 2, one - 12.1] for one in np.arange(5, 15.5, 0.5)]
    asked = {value: own for value, own in zip(np.arange(5, 15.5, 0.5), scores, strict=True)}
    _, objective = run_search(lambda settings: np.array([asked[one["alpha_l"]] for one in settings]), 1, search)
    found = field(objective)
    np.testing.assert_array_equal(found.score.values, np.array(scores, dtype="f4"))
    assert found.wrong.sum() > found.flipped.sum() == 6  # 12.5 to 15: class c
    assert "logit" not in found


def test_the_field_is_opened_lazily_and_is_small(tmp_path):
    _, objective = run(wavy, PAPERS_BOX)
    write_dataset(field(objective), tmp_path / "field.zarr")
    opened = xr.open_zarr(tmp_path / "field.zarr")
    assert opened.logit.encoding["chunks"] == (17, 21, 21) and opened.logit.dtype == "f4"
    assert "logit" in str(opened) and not opened.logit.variable._in_memory
    assert all(opened[name].attrs.keys() >= {"units", "long_name"} for name in opened.variables)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 60_000


def test_a_lattice_larger_than_its_budget_is_refused():
    search = Settings(method="lattice", max_queries=7496)
    expected = "found a lattice of 17 x 21 x 21 = 7497 points, expected at most 7496 (max_queries)"
    assert search.complaint(search.search(PAPER)) == expected
    with pytest.raises(EchoShiftError) as caught:
        run(flat, search.search(PAPER))
    assert str(caught.value) == f"lattice: {expected}"
    assert Settings(method="lattice", max_queries=7497).complaint(PAPERS_BOX) is None
