"""Scores between queries: Python's interpolation against brute force, the browser's against Python's."""

import json
import time
from base64 import b64encode

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator
from scipy.spatial.distance import cdist
from sklearn.gaussian_process.kernels import Matern

from chromium import chromium
from echoshift.console.answers import answers_of, collect
from echoshift.console.asked import Asked, Field
from echoshift.console.interpolation import far_apart, interpolate, matern
from echoshift.console.packing import pack
from echoshift.console.page import ASSETS
from echoshift.settings import SETTINGS

INITIAL = {"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0}
BOUNDS = {"beta": (0.5, 1.3), "alpha_l": (5.0, 15.0)}


def truth(points):
    """A smooth logit over beta and alpha_l."""
    return np.sin(4 * points[:, 0]) * 2 + 0.1 * (points[:, 1] - 10) ** 2 - 0.5


def drawn(n, seed=0):
    low, high = np.array(list(BOUNDS.values())).T
    return np.random.default_rng(seed).uniform(low, high, (n, 2)).round(6)


def asked(points, source="control"):
    logit = truth(points)
    scores = np.stack([np.zeros_like(logit), logit], axis=1)
    return Asked(source, ("beta", "alpha_l"), {"alpha_u": 55.0}, points, scores, logit > 0, np.array([0, 3]))


def test_the_kernel_is_the_matern_kernel():
    a, b = np.random.default_rng(0).random((2, 5, 3))
    lengths = np.array([0.2, 1.0, 3.0])
    assert np.allclose(matern(cdist(a / lengths, b / lengths)), Matern(lengths, nu=2.5)(a, b), rtol=1e-12)


def test_left_out_errors_are_those_of_interpolating_without_the_block():
    """The same kernel conditioned on the other queries alone, block by block."""
    places = np.random.default_rng(1).random((150, 2))
    values = truth(places * [0.8, 10] + [0.5, 5])[:, None]
    found = interpolate(places, values, values[:, 0])
    covariance = matern(cdist(places / found.lengths, places / found.lengths))
    # The noise is what makes the weights those that were found.
    noise = np.median((values - found.mean - covariance @ found.weights) / found.weights)
    block = (np.clip(places * 5, 0, 4).astype(int) == [2, 3]).all(axis=1)
    assert 1 < block.sum() < 20 and (block == (found.block == found.block[block][0])).all()
    rest = covariance[np.ix_(~block, ~block)] + noise * np.eye((~block).sum())
    without = covariance[np.ix_(block, ~block)] @ np.linalg.solve(rest, values[~block] - found.mean) + found.mean
    assert np.allclose(found.errors[block], without - values[block], atol=1e-5)
    assert np.abs(found.errors).max() > 10 * np.abs(found.at(places, places) - values).max()


def test_it_comes_close_to_a_smooth_function():
    places = np.random.default_rng(2).random((120, 2))
    values = truth(places * [0.8, 10] + [0.5, 5])[:, None]
    test = np.random.default_rng(3).uniform(0.1, 0.9, (200, 2))
    off = np.abs(interpolate(places, values, values[:, 0]).at(places, test)[:, 0] - truth(test * [0.8, 10] + [0.5, 5]))
    assert off.max() < 0.05


def test_places_far_apart_cover_the_box_before_any_cluster():
    corners = np.array([[0.0, 0.0], [1, 0], [0, 1], [1, 1]])
    places = np.concatenate([[[0.5, 0.5]], 0.5 + np.random.default_rng(0).random((50, 2)) / 100, corners])
    assert set(far_apart(places, 5).tolist()) == {0, 51, 52, 53, 54}
    assert far_apart(np.zeros((3, 2)), 5).tolist() == [0]


def test_a_constant_score_is_interpolated_as_itself():
    found = interpolate(np.random.default_rng(0).random((9, 2)), np.full((9, 1), 2.5), np.full(9, 2.5))
    assert found.at(np.zeros((9, 2)), np.random.default_rng(1).random((3, 2))).tolist() == [[2.5]] * 3


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


def opened(browser, meta, arrays):
    """A page with the answers of one frame."""
    settings = [
        {"name": name, "neutral": one.initial, "long_name": one.long_name, "unit": one.unit}
        for name, one in SETTINGS.items()
    ]
    knobs = {name: {"low": low, "high": high, "kind": "continuous"} for name, (low, high) in BOUNDS.items()}
    frame = {"id": "F", "initial": INITIAL, "knobs": knobs, "classifiers": {"c": {"answers": "a"}}}
    scripts = "\n".join((ASSETS / f"{name}.js").read_text() for name in ("unpack", "chain", "scores"))
    page = browser.new_page()
    page.set_content(
        f'<script type="application/json" id="study">{json.dumps({"settings": settings, "frames": [frame]})}</script>'
        f'<script type="text/plain" id="blob-a">{b64encode(pack(meta, arrays)).decode()}</script><script>{scripts}</script>'
    )
    page.evaluate("async () => { window.field = await openAnswers(STUDY.frames[0], 'c'); }")
    return page


def at(page, points, **more):
    asked = [{"beta": beta, "alpha_l": low, **more} for beta, low in points.tolist()]
    found = page.evaluate("(all) => all.map((settings) => field.at(complete(STUDY.frames[0], settings)))", asked)
    return [one["scores"] and one["scores"][1] for one in found], [one["how"] for one in found], found


def test_the_browser_interpolates_as_python_and_is_exact_where_asked(browser):
    points = drawn(150)
    queries = collect(INITIAL, (0.0, float(truth(np.array([[0.9, 10.0]]))[0])), [asked(points)])
    meta, arrays = answers_of(queries, None, 0, BOUNDS)
    page = opened(browser, meta, arrays)
    values, how, _ = at(page, points)
    assert values == truth(points).tolist() and set(how) == {"exact"}
    between = drawn(100, seed=1)
    between = between[((between > points.min(axis=0)) & (between < points.max(axis=0))).all(axis=1)]
    values, how, _ = at(page, between)
    assert set(how) == {"queries"}
    places = (queries.points - [0.5, 5.0]) / [0.8, 10.0]
    columns = queries.scores[:, 1:]
    order = np.unique(queries.points, axis=0, return_index=True)[1]
    expected = interpolate(places[order], columns[order], -columns[order, 0]).at(
        places[order], (between - [0.5, 5.0]) / [0.8, 10.0]
    )
    assert np.allclose(values, expected[:, 0], atol=1e-9)
    # The error that the page states is of the size of the real one.
    off = np.abs(values - truth(between)).max()
    assert off / 3 < meta["queries"]["largest"] and meta["queries"]["typical"] <= meta["queries"]["largest"]
    page.close()


def test_the_browser_says_why_it_knows_nothing(browser):
    points = drawn(40)
    meta, arrays = answers_of(collect(INITIAL, (0.0, 1.0), [asked(points)]), None, 0, BOUNDS)
    page = opened(browser, meta, arrays)
    outside = np.array([[points[:, 0].max() + 1e-3, 10.0]])
    values, how, found = at(page, outside)
    assert values == [None] and how == [None] and "of this frame, the study asked only" in found[0]["why"]
    values, how, found = at(page, points[:1], gamma=1.2)
    assert values == [None] and "exponent of the grey curve" in found[0]["why"]
    margins = page.evaluate(
        "Array.from(field.map('beta', 'alpha_l', complete(STUDY.frames[0], {gamma: 1.2}), 5, 5).margin)"
    )
    assert len(margins) == 25 and not any(value == value and value is not None for value in margins)
    page.close()


def test_a_field_is_read_linearly_and_its_holes_are_filled_from_queries(browser):
    axes = np.linspace(0.5, 1.3, 9), np.linspace(5, 15, 6)
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
    scores = truth(grid).reshape(9, 6).astype(np.float32)
    scores[8, 5] = np.nan
    points = drawn(60, seed=4)
    start = float(truth(np.array([[0.9, 10.0]]))[0])
    queries = collect(INITIAL, (0.0, start), [asked(points)])
    meta, arrays = answers_of(queries, Field(("beta", "alpha_l"), {"alpha_u": 55.0}, axes, scores), 0, BOUNDS)
    page = opened(browser, meta, arrays)
    between = drawn(80, seed=5)
    between = between[((between > points.min(axis=0)) & (between < points.max(axis=0))).all(axis=1)]
    expected = RegularGridInterpolator(axes, scores)(between)
    values, how, _ = at(page, between)
    for value, one, true in zip(values, how, expected, strict=True):
        assert (one == "queries") == np.isnan(true)
        assert np.isnan(true) or abs(value - true) < 1e-5
    how_of = "([a, b]) => field.map('beta', 'alpha_l', complete(STUDY.frames[0], {}), a, b).how"
    assert page.evaluate(how_of, [9, 6]) == "both"
    known = queries.points
    left_out = np.abs(RegularGridInterpolator(axes, scores)(known) - truth(known))
    assert meta["field"]["largest"] == pytest.approx(np.nanmax(left_out), abs=1e-6)
    page.close()


def test_a_lattice_alone_is_enough(browser):
    """Of settings that nothing else moved."""
    axes = np.linspace(0.5, 1.3, 9), np.linspace(5, 15, 6)
    scores = truth(np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)).reshape(9, 6).astype(np.float32)
    field = Field(("beta", "alpha_l"), {"alpha_u": 55.0}, axes, scores)
    meta, arrays = answers_of(collect(INITIAL, (0.0, 1.0), [], field), field, 0, BOUNDS)
    page = opened(browser, meta, arrays)
    between = drawn(20, seed=6)
    values, how, _ = at(page, between)
    assert set(how) == {"field"}
    assert np.allclose(values, RegularGridInterpolator(axes, scores)(between), atol=1e-5)
    page.close()


def test_the_lowest_margin_may_be_a_point_of_the_lattice(browser):
    axes = np.linspace(0.5, 1.3, 4), np.linspace(5, 15, 3)
    scores = np.arange(12, dtype=np.float32).reshape(4, 3)
    scores[1, 2] = 40.0  # the label is 0: this has the lowest margin
    scores[3, 1] = np.nan
    field = Field(("beta", "alpha_l"), {"alpha_u": 55.0}, axes, scores)
    meta, arrays = answers_of(collect(INITIAL, (0.0, -1.0), [asked(drawn(20))], field), field, 0, BOUNDS)
    page = opened(browser, meta, arrays)
    found = page.evaluate("({ ...field.strongest, at: field.at(field.strongest.settings) })")
    assert found["margin"] == -40 and found["scores"] == [0, 40]
    assert found["at"]["scores"] == pytest.approx([0, 40], abs=1e-3)
    place = [found["settings"][name] for name in ("beta", "alpha_l", "alpha_u")]
    assert place == pytest.approx([axes[0][1], 15, 55], abs=1e-6)
    page.close()


def test_a_hole_of_a_lattice_without_other_queries_has_no_score(browser):
    axes = np.linspace(0.5, 1.3, 3), np.linspace(5, 15, 3)
    scores = np.ones((3, 3), np.float32)
    scores[2, 2] = np.nan
    field = Field(("beta", "alpha_l"), {"alpha_u": 55.0}, axes, scores)
    meta, arrays = answers_of(collect(INITIAL, (0.0, 1.0), [], field), field, 0, BOUNDS)
    page = opened(browser, meta, arrays)
    values, how, found = at(page, np.array([[0.6, 6.0], [1.2, 14.0]]))
    assert values == [1, None] and how == ["field", None] and "not all of its points" in found[1]["why"]
    page.close()


def test_knobs_that_were_moved_one_at_a_time_are_not_known_together(browser):
    alone = [
        Asked(name, (name,), {}, column[:, None], np.stack([0 * column, column], axis=1), column > 99)
        for name, column in zip(BOUNDS, drawn(30).T, strict=True)
    ]
    meta, arrays = answers_of(collect(INITIAL, (0.0, 1.0), alone), None, 0, BOUNDS)
    page = opened(browser, meta, arrays)
    values, _, _ = at(page, np.array([[0.8, 10.0], [0.9, 12.0]]))
    assert None not in values
    values, _, found = at(page, np.array([[0.8, 12.0]]))
    assert values == [None] and "no job of the study moved beta, alpha_l so far at once" in found[0]["why"]
    page.close()


def test_of_very_many_queries_some_far_apart_are_interpolated_and_all_are_exact(browser):
    points = np.unique(drawn(4000), axis=0)
    start = time.perf_counter()
    meta, arrays = answers_of(collect(INITIAL, (0.0, 1.0), [asked(points)]), None, 0, BOUNDS)
    assert time.perf_counter() - start < 60
    assert meta["queries"]["n"] == len(arrays["weights"]) == 1500
    page = opened(browser, meta, arrays)
    values, how, _ = at(page, points[::100])
    assert set(how) == {"exact"} and values == truth(points[::100]).tolist()
    page.close()
