"""The settings drawn around the initial ones: their distributions, bounds and seeds."""

import numpy as np
import pytest
from scipy.stats import chisquare, kstest, truncnorm

from echoshift.accidental.drawing import draw, normal_value, uniform_value
from echoshift.accidental.settings import Accidental, Draws
from echoshift.attacks.axes import axis
from echoshift.settings import PAPER, SETTINGS, Bounds

INITIAL = {name: SETTINGS[name].initial for name in PAPER}


def drawn(spread, n=4000, seed=1, initial=INITIAL, frame="F1", low=(), high=(), **settings):
    """Draws (draw, setting) of a section with one spread, and what determines them."""
    settings = {name: {"min": bounds[0], "max": bounds[1]} for name, bounds in settings.items()}
    section = Accidental(draws=n, seed=seed, spreads={"one": spread}, **({"settings": settings} if settings else {}))
    draws = section.drawn("one", frame, initial, dict(low), dict(high))
    return np.array(draw(draws)), draws


def test_uniform_draws_fill_the_scaled_box_alone():
    points, draws = drawn({"uniform": 0.25})
    assert [axis.name for axis in draws.axes] == list(PAPER)
    for values, name, half in zip(points.T, PAPER, (0.1, 1.25, 1.25), strict=True):
        middle = INITIAL[name]
        assert kstest(values, "uniform", (middle - half, 2 * half)).pvalue > 0.001
        assert middle - half <= values.min() < middle - 0.99 * half and values.max() <= middle + half


def test_each_way_is_scaled_by_its_own_distance_to_the_bound():
    points, _ = drawn({"uniform": 0.5}, beta=(0.8, 1.3), alpha_l=(10.0, 14.0))
    beta, alpha_l = points.T
    assert kstest(beta, "uniform", (0.85, 0.25)).pvalue > 0.001
    assert kstest(alpha_l, "uniform", (10.0, 2.0)).pvalue > 0.001  # starts at its lower bound


def test_a_frames_own_bounds_override_the_others():
    points, draws = drawn({"uniform": 1.0}, low={"beta": 0.9}, high={"beta": 0.9}, initial=INITIAL | {"gamma": 1.2})
    assert set(points[:, 0]) == {0.9}
    assert draws.fixed == {"gamma": 1.2}


@pytest.mark.parametrize("initial", [0.9, 0.5, 1.3])
@pytest.mark.parametrize("deviation", [0.05, 0.4, 50.0])
def test_normal_draws_are_those_of_drawing_again_without_mass_at_the_bounds(initial, deviation):
    points, _ = drawn({"normal": {"beta": deviation}}, beta=(0.5, 1.3), initial=INITIAL | {"beta": initial})
    values = points[:, 0]
    expected = truncnorm((0.5 - initial) / deviation, (1.3 - initial) / deviation, initial, deviation)
    assert kstest(values, expected.cdf).pvalue > 0.001
    again = np.random.default_rng(0).normal(initial, deviation, 1_000_000)
    assert np.mean(values) == pytest.approx(again[(again >= 0.5) & (again <= 1.3)].mean(), abs=0.02)
    assert values.min() >= 0.5 and values.max() <= 1.3
    assert not np.isin(values, [0.5, 1.3]).any()


def test_a_setting_without_room_stays():
    held = axis("beta", Bounds(min=0.9, max=0.9), 0.9)
    assert normal_value(held, 0.1, 0.7) == pytest.approx(0.9) and uniform_value(held, 1.0, 0.7) == 0.9


@pytest.mark.parametrize(("share", "allowed"), [(1.0, [1, 3, 5, 7]), (0.5, [1, 3]), (2 / 3, [1, 3, 5]), (0.2, [1])])
def test_odd_whole_numbers_within_the_box_are_equally_probable(share, allowed):
    points, _ = drawn({"uniform": share}, median=(1, 7), initial=INITIAL | {"median": 1.0})
    values, counts = np.unique(points, return_counts=True)
    assert values.tolist() == allowed
    assert len(allowed) == 1 or chisquare(counts).pvalue > 0.001


def test_normal_whole_numbers_are_rounded_draws():
    points, draws = drawn({"normal": {"median": 2.0}}, n=20000, median=(1, 7), initial=INITIAL | {"median": 3.0})
    again = np.random.default_rng(0).normal(3, 2, 2_000_000)
    again = 2 * np.floor(again / 2) + 1
    again = again[(again >= 1) & (again <= 7)]
    for value in (1, 3, 5, 7):
        assert np.mean(points == value) == pytest.approx(np.mean(again == value), abs=0.01)
    assert set(np.unique(points)) == {1, 3, 5, 7} and draws.axes[0].kind == "odd integer"


def test_draws_depend_on_the_seed_and_the_frame_and_more_draws_begin_with_the_same():
    points, _ = drawn({"uniform": 0.25}, n=50)
    assert np.array_equal(drawn({"uniform": 0.25}, n=50)[0], points)
    assert np.array_equal(drawn({"uniform": 0.25}, n=299)[0][:50], points)
    for other in ({"seed": 2}, {"frame": "F2"}):
        assert not np.isin(drawn({"uniform": 0.25}, n=50, **other)[0], points).any()
    # The same random numbers for every spread: differences are of the spread alone.
    middle = np.array([INITIAL[name] for name in PAPER])
    np.testing.assert_allclose(drawn({"uniform": 0.5}, n=50)[0] - middle, 2 * (points - middle), atol=3e-6)


def test_what_determines_the_draws_survives_json():
    _, draws = drawn({"normal": {"beta": 0.1}}, beta=(0.5, 1.3))
    assert Draws.model_validate_json(draws.model_dump_json()) == draws
