"""Canonical pictures: what a gain over depth did to them is gone, and depth is found from the picture alone."""

import numpy as np
import pytest

from common import speckle_frame
from echoshift.classifiers.defences.canonical import Settings, pictures
from echoshift.classifiers.defences.outline import OUTSIDE, depth_in_pixels
from echoshift.geometry import LinearGeometry
from echoshift.reconstruction.plan import ReconstructionPlan

SETTINGS = Settings(defence="canonical")
INITIAL = {"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0}


def speckle(shape=(96, 120)):
    return np.random.default_rng(3).integers(20, 60, shape).astype(np.uint8)


def test_a_planted_gain_over_depth_and_another_window_are_removed_exactly():
    image, rows = speckle(), np.arange(96)[:, None]
    canonical = pictures(image, SETTINGS)[0]
    for scale, offset, per_row in ((1, 0, 1), (2, -15, 0), (3, -30, 1), (1, 100, -1)):
        changed = scale * image.astype(int) + offset + per_row * rows
        assert changed.min() > 0 and changed.max() <= 255
        np.testing.assert_array_equal(pictures(changed.astype(np.uint8), SETTINGS)[0], canonical)
    uneven = image + (30 * (rows > 48)).astype(np.uint8)  # no line: some of it stays around the step
    assert (pictures(uneven, SETTINGS)[0] != canonical).any()


def test_each_depth_has_the_same_mean_and_deviation():
    rows = np.arange(96)[:, None]
    image = (speckle((96, 4000)) + rows).astype(np.uint8)
    canonical = pictures(image, SETTINGS)[0].astype(float)
    assert np.abs(canonical.mean(axis=1) - 110).max() < 2
    assert np.abs(canonical.std(axis=1) - 40).max() < 2
    weak = np.where(np.random.default_rng(0).random(image.shape) < 0.5, 99, 101).astype(np.uint8)
    assert set(np.unique(pictures(weak, SETTINGS))) == {103, 117}  # 110 -+ 40 / 6: not stretched further


def test_a_black_picture_and_one_with_a_single_depth_stay_whole():
    assert not pictures(np.zeros((20, 30), np.uint8), SETTINGS).any()
    line = np.zeros((20, 30), np.uint8)
    line[7] = np.arange(30) + 50
    canonical = pictures(line, SETTINGS)[0]
    assert (np.diff(canonical[7].astype(int)) > 0).all() and not canonical[:7].any() and not canonical[8:].any()


@pytest.mark.filterwarnings("error")
def test_scattered_pixels_are_no_error():
    """The sides of such a sector are arbitrary, but every picture has an answer."""
    rng = np.random.default_rng(0)
    for density in np.geomspace(0.001, 1, 60):
        image = np.where(rng.random((30, 40)) < density, rng.integers(1, 256, (30, 40)), 0).astype(np.uint8)
        assert pictures(image, SETTINGS).shape == (1, 30, 40)


@pytest.mark.parametrize("beta", [0.5, 0.9, 1.3])
def test_depth_in_a_sector_is_that_along_the_line(beta):
    frame = speckle_frame(lines=96, samples=1600)
    plan = ReconstructionPlan(frame, (256, 256))
    found = depth_in_pixels(plan.render({**INITIAL, "beta": beta}))
    pixel, radius = plan.z[1] - plan.z[0], frame.geometry.apex_radius
    depth = (np.hypot(plan.z[:, None] + radius, plan.x) - radius) / pixel
    both = plan.sector & (found != OUTSIDE)
    assert both.sum() > 0.97 * plan.sector.sum() and (found[~plan.sector] != OUTSIDE).sum() < 0.02 * plan.sector.sum()
    assert np.abs(found - depth)[both].max() < 3
    rows = np.broadcast_to(np.arange(256)[:, None], both.shape)
    assert np.abs(rows - depth)[both].max() > 10  # rows are no depths here


def test_depth_between_upright_sides_is_the_row():
    geometry = LinearGeometry(positions=np.linspace(-0.02, 0.02, 64))
    image = ReconstructionPlan(speckle_frame(geometry=geometry), (128, 128)).render(INITIAL)
    image[:9] = 0
    columns = np.flatnonzero(image.any(axis=0))
    image[9:12, columns[:3]] = 0  # a dark corner does not make a side slant
    depths = depth_in_pixels(image)
    lit = image > 0
    np.testing.assert_array_equal(depths[lit], np.broadcast_to(np.arange(128)[:, None] - 9, lit.shape)[lit])


def test_dark_pixels_inside_belong_to_the_sector_and_others_do_not():
    image = np.zeros((80, 100), np.uint8)
    image[10:70, 20:90] = 90
    image[30:40, 40:60] = 0
    depths = depth_in_pixels(image)
    assert (depths[10:70, 21:89] != OUTSIDE).all() and (depths != OUTSIDE).sum() <= 60 * 72
    np.testing.assert_array_equal(depths[30:40, 50], np.arange(20, 30))
