"""Lines of grey levels: moved on the lines as a picture is, then converted."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from echoshift import ConvexGeometry, LinearGeometry
from echoshift.bmode import GreyLinesFrame, Window
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.cache import read_reconstruction, write_store
from echoshift.reconstruction.grey_lines_plan import GreyLinesPlan
from echoshift.reconstruction.grid import PixelGrid

LINES, SAMPLES = 24, 200
FIELDS = {"sampling_frequency": 7.7e6, "center_frequency": 5e6}  # 0.1 mm a sample at 1540 m/s


def frame(grey=None, geometry=None):
    if grey is None:
        grey = np.random.default_rng(1).integers(0, 256, (LINES, SAMPLES)).astype(np.uint8)
    geometry = geometry or LinearGeometry(1e-4 * np.arange(LINES))
    return GreyLinesFrame(grey, geometry=geometry, window=Window(alpha_l=0.0, alpha_u=51.0, beta=0.4), **FIELDS)


def on_its_samples(lines):
    """A grid whose pixels are the samples of a linear probe."""
    return GreyLinesPlan(lines, grid=PixelGrid(lines.sample_depths, lines.geometry.positions))


def test_pixels_on_samples_show_them_unchanged():
    lines = frame()
    np.testing.assert_array_equal(on_its_samples(lines).render({}), lines.grey.T)


def test_between_them_it_interpolates_grey_levels():
    """Compared with SciPy, on a convex probe."""
    geometry = ConvexGeometry(0.02, np.deg2rad(np.linspace(-20, 20, LINES)))
    lines = frame(geometry=geometry)
    plan = GreyLinesPlan(lines, (120, 100))
    down, across = np.meshgrid(plan.z + 0.02, plan.x, indexing="ij")
    line = (np.arctan2(across, down) - geometry.angles[0]) / (geometry.angles[1] - geometry.angles[0])
    sample = (np.hypot(across, down) - 0.02) / 1e-4
    expected = map_coordinates(lines.grey.astype(float), [line, sample], order=1, mode="nearest")
    np.testing.assert_array_equal(plan.render({})[plan.sector], np.floor(expected + 0.5)[plan.sector])
    assert not plan.render({})[~plan.sector].any() and 0.3 < plan.sector.mean() < 0.6


@pytest.mark.parametrize(
    ("settings", "levels"),
    [
        ({"gain": 4.0}, lambda grey, depth: grey + 20),
        ({"alpha_l": 2.0, "alpha_u": 53.0}, lambda grey, depth: grey - 10),
        ({"beta": 0.6}, lambda grey, depth: grey + 5 * 2 * 0.2 * 5 * 100 * depth),
    ],
)
def test_settings_are_moved_on_the_lines(settings, levels):
    lines = frame()
    expected = np.clip(levels(lines.grey.T.astype(float), lines.sample_depths[:, None]), 0, 255)
    assert np.abs(on_its_samples(lines).render(settings) - expected).max() <= 0.5 + 1e-4


def test_the_window_is_applied_before_the_conversion():
    """Between a black and a white line, half of white. Windowed after the conversion it would be white."""
    grey = np.zeros((2, SAMPLES), np.uint8)
    grey[1] = 255
    lines = frame(grey, LinearGeometry(np.array([0.0, 1e-4])))
    between = GreyLinesPlan(lines, grid=PixelGrid(lines.sample_depths, np.array([0.0, 5e-5, 1e-4])))
    np.testing.assert_array_equal(between.render({"alpha_u": 20.0})[5], [0, 128, 255])
    assert between.unknown([{}, {"gain": 1.0}, {"gain": -1.0}]).tolist() == [0, 0.5, 0.5]


def test_what_acts_before_detection_is_refused():
    with pytest.raises(EchoShiftError, match="sound_speed_ratio: found lines of grey levels, expected RF"):
        on_its_samples(frame()).render({"sound_speed_ratio": 1.01})


def test_they_are_stored_and_read_back(tmp_path):
    lines = frame()
    plan = GreyLinesPlan(lines, (60, 50))
    write_store(tmp_path / "reconstruction.zarr", lines, plan, plan.render({}), {})
    read = read_reconstruction(tmp_path)
    settings = {"beta": 0.1, "alpha_l": 3, "median": 3}
    np.testing.assert_array_equal(read.plan().render(settings), plan.render(settings))
    assert read.inside.size == plan.sector.sum()
