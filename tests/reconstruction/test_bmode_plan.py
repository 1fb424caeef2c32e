"""Moving the settings of a picture: against rendering from the RF, by hand, and at the edges."""

from dataclasses import replace

import numpy as np
import pytest

from echoshift import ReconstructionPlan
from echoshift.bmode import BModeFrame, Face, Window
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.bmode_plan import BModePlan
from echoshift.reconstruction.cache import read_reconstruction, write_store
from probes import PAPER, PROBES

SHAPE = (160, 160)
RECORDED = Window(alpha_l=10.0, alpha_u=55.0, beta=0.9)
OTHERS = ("gain", "tgc_2", "tgc_7", "gamma", "s_curve", "smoothing", "median", "image_scale")


def flat(image, **fields):
    """A picture that is all sector, 1 mm a pixel, depth downwards."""
    image = np.atleast_2d(np.asarray(image, np.uint8))
    fields = {"window": Window(alpha_l=0.0, alpha_u=51.0), "pixel_size": (1e-3, 1e-3), "center_frequency": 5e6} | fields
    return BModeFrame(image=image, sector=np.ones(image.shape, bool), **fields)


def picture_of(plan, frame):
    """What a scanner with these initial settings would save, and the face of its probe."""
    pixel, geometry = plan.x[1] - plan.x[0], frame.geometry
    face = Face(row=-plan.z[0] / pixel)
    if geometry.KIND == "convex":
        face = replace(face, column=-plan.x[0] / pixel, radius=geometry.apex_radius / pixel)
    return BModeFrame(image=plan.render(PAPER), sector=plan.sector, window=RECORDED, pixel_size=(pixel, pixel),
                      center_frequency=frame.center_frequency, face=face)  # fmt: skip


@pytest.mark.parametrize("probe", ["convex", "convex, start depth", "phased", "linear", "convex, one-sided"])
def test_a_moved_picture_is_the_rf_rendered_at_these_settings(probe):
    """On determined pixels never more than one level off, mostly none; wrong windows or depths are many levels off."""
    frame = PROBES[probe]()
    from_rf = ReconstructionPlan(frame, SHAPE)
    from_picture = BModePlan(picture_of(from_rf, frame))
    rng = np.random.default_rng(1)
    recorded = from_rf.render(PAPER)
    known = from_rf.sector & (recorded > 0) & (recorded < 255)
    for _ in range(20):
        low, high = {"beta": 0.5, "alpha_l": 5, "alpha_u": 50}, {"beta": 1.3, "alpha_l": 15, "alpha_u": 60}
        settings = {name: rng.uniform(low[name], high[name]) for name in low}
        off = np.abs(from_rf.render(settings).astype(int) - from_picture.render(settings))
        assert off[known].max() <= 1 and np.median(off[known]) == 0
        # A pixel that was clipped is off at most on the side of its bound, and only as often as `unknown` says.
        share = (off[from_rf.sector & ~known] > 1).sum() / from_rf.sector.sum()
        assert share <= from_picture.unknown([settings])[0]


def test_at_the_recorded_settings_it_is_unchanged_to_the_bit():
    rng = np.random.default_rng(2)
    for window in (RECORDED, Window(alpha_l=0, alpha_u=60), Window(alpha_l=-3.3, alpha_u=77.7, beta=0.123)):
        frame = flat(rng.integers(0, 256, (40, 30)), window=window)
        np.testing.assert_array_equal(BModePlan(frame).render({}), frame.image)
        settings = {"alpha_l": window.alpha_l, "alpha_u": window.alpha_u, "beta": window.beta}
        np.testing.assert_array_equal(BModePlan(frame).render(settings), frame.image)
        assert BModePlan(frame).unknown([settings]) == 0


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"gain": 10.2}, [51, 61, 151, 255, 255]),  # 10.2 dB of 51 are 51 levels
        ({"alpha_l": 10.2, "alpha_u": 61.2}, [0, 0, 49, 199, 204]),
        ({"alpha_u": 102.0}, [0, 5, 50, 125, 128]),  # halves round up: 127.5
        ({"alpha_l": -51.0}, [128, 133, 178, 253, 255]),  # 127.5, 132.5, 177.5, 252.5
        ({"gamma": 2.0}, [0, 0, 39, 245, 255]),
        ({"alpha_l": 5.1, "alpha_u": 45.9}, [0, 0, 93, 255, 255]),  # (p - 25.5) 51 / 40.8
    ],
)
def test_the_window_by_hand(settings, expected):
    frame = flat([[0, 10, 100, 250, 255]] * 2)
    np.testing.assert_array_equal(BModePlan(frame).render(settings)[0], expected)


def test_beta_and_sliders_act_at_the_depth_below_the_face():
    frame = flat(np.full((71, 2), 100), face=Face(row=0))
    moved = BModePlan(frame).render({"beta": 0.1})
    # 2 x 0.1 x 5 MHz x 0.1 cm a row: 0.1 dB, of which 0.2 are one level.
    np.testing.assert_array_equal(moved[:, 0], np.floor(100 + np.arange(71) / 2 + 0.5))
    moved = BModePlan(frame).render({"tgc_1": 10, "tgc_2": 10, "tgc_3": 20})
    np.testing.assert_array_equal(moved[[0, 5, 10, 15, 20, 25, 30, 70], 0], [150, 150, 150, 175, 200, 150, 100, 100])


def test_depth_runs_away_from_a_round_face():
    frame = flat(np.full((60, 61), 100), face=Face(row=-10, column=30, radius=20), pixel_size=(1e-3, 2e-3))
    moved = BModePlan(frame).render({"beta": 0.2})
    row, column = np.mgrid[:60, :61]
    depth = np.hypot(row + 30, 2 * (column - 30)) - 20  # mm
    # The scale is computed in float32, so a half may go either way.
    assert np.abs(moved - (100 + 0.2 * depth / 0.2)).max() <= 0.5 + 1e-4


def test_unknown_is_the_share_of_clipped_pixels_that_would_be_seen():
    plan = BModePlan(flat([[0, 0, 10, 255], [0, 100, 100, 255]]))
    shares = plan.unknown(
        [{}, {"gain": 1.0}, {"gain": -1.0}, {"alpha_l": -10, "alpha_u": 70}, {"gain": 1, "gamma": 10}]
    )
    # With a steep grey curve, a black pixel that is a little lighter is black all the same.
    np.testing.assert_allclose(shares, [0, 3 / 8, 2 / 8, 5 / 8, 0])


def test_outside_is_black_or_kept():
    sector = np.zeros((40, 40), bool)
    sector[10:30, 10:30] = True
    image = np.random.default_rng(3).integers(1, 255, (40, 40)).astype(np.uint8)
    frame = BModeFrame(image=image, sector=sector, window=RECORDED)
    settings = [{"gain": 2.0}, {"smoothing": 1.0}, {"image_scale": 1.2}]
    for black, kept in zip(BModePlan(frame).render_many(settings),
                           BModePlan(replace(frame, keep_outside=True)).render_many(settings), strict=True):  # fmt: skip
        np.testing.assert_array_equal(black[sector], kept[sector])
        np.testing.assert_array_equal(kept[~sector], image[~sector])
    assert not BModePlan(frame).render({"gain": 2.0})[~sector].any()


def test_filters_and_zoom_are_those_of_the_chain():
    """On a picture recorded with a neutral curve, filters act after the window, as on RF."""
    frame = PROBES["convex"]()
    from_rf = ReconstructionPlan(frame, SHAPE)
    from_picture = BModePlan(picture_of(from_rf, frame))
    for settings in ({"median": 5}, {"smoothing": 1.2}, {"image_scale": 1.1}, {"gamma": 0.7, "s_curve": 0.4}):
        off = np.abs(from_rf.render(PAPER | settings).astype(int) - from_picture.render(settings))
        # The grey curve starts from 8 bits here, and is steep near black.
        assert off.max() <= (6 if "gamma" in settings else 0)


@pytest.mark.parametrize(
    ("fields", "settings", "expected"),
    [
        ({}, {"sound_speed_ratio": 1.02}, "sound_speed_ratio: found a B-mode picture, expected RF"),
        ({"center_frequency": None}, {"beta": 0.1}, "beta: found a picture without center_frequency, expected"),
        (
            {"pixel_size": None},
            {"beta": 0.1},
            "beta: found a picture without pixel_size, expected center_frequency and pixel_size",
        ),
        ({}, {"alpha_l": 60.0}, "expected alpha_l below alpha_u"),
        ({}, {"contrast": 1.0}, "settings: found"),
    ],
)
def test_what_cannot_be_moved_is_refused_by_name(fields, settings, expected):
    plan = BModePlan(flat([[1, 2], [3, 4]], **fields))
    with pytest.raises(EchoShiftError, match=expected) as caught:
        plan.render(settings)
    assert "\n" not in str(caught.value)


def test_without_a_pixel_size_all_but_beta_can_be_moved():
    plan = BModePlan(flat(np.full((80, 4), 100), pixel_size=None, center_frequency=None))
    assert plan.grid.unit == "pixel" and plan.z[1] - plan.z[0] == 1
    for name in OTHERS:
        plan.render({name: 1.1 if name == "image_scale" else 3 if name == "median" else 0.5})


def test_a_stored_picture_is_read_back_and_a_changed_one_is_refused(tmp_path):
    rng = np.random.default_rng(4)
    frame = flat(rng.integers(0, 256, (40, 30)), face=Face(row=-3.5, column=14, radius=9), metadata={"source": "a.png"})
    plan = BModePlan(frame)
    write_store(tmp_path / "reconstruction.zarr", frame, plan, plan.render({}), {})
    read = read_reconstruction(tmp_path)
    settings = {"beta": 0.3, "alpha_l": 4, "tgc_4": 2.5}
    np.testing.assert_array_equal(read.plan().render(settings), plan.render(settings))
    assert read.frame.metadata == {"source": "a.png"} and read.grid.unit == "m"
    other = replace(frame, center_frequency=4e6)
    (tmp_path / "other").mkdir()
    write_store(tmp_path / "other" / "reconstruction.zarr", other, BModePlan(other), plan.render({}), {})
    assert read_reconstruction(tmp_path / "other").digest != read.digest
