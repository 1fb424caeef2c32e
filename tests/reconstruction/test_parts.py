"""The parts of the chain, each compared with a known result."""

import numpy as np
import pytest
import xarray as xr

from chain import analytic_magnitude
from common import speckle_frame
from echoshift import ConvexGeometry, EchoShiftError
from echoshift.geometry import line_position
from echoshift.reconstruction.cache import digest, read_reconstruction, write_store
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.reconstruction.resize import to_network_input
from probes import PAPER, two_lines


def test_envelope_of_a_gaussian_pulse():
    """The envelope of a narrow-band pulse is its Gaussian."""
    t = np.arange(2048) / 10e6
    gaussian = np.exp(-0.5 * ((t - 100e-6) / 2e-6) ** 2)
    samples = np.stack([gaussian * np.cos(2 * np.pi * 2.5e6 * t + phase) for phase in (0.0, 0.7)])
    np.testing.assert_allclose(envelope(two_lines(samples)).envelope, np.tile(gaussian, (2, 1)), atol=1e-6)


def test_envelope_keeps_deep_echoes_100_decibels_down(frame):
    np.testing.assert_allclose(envelope(frame).envelope, analytic_magnitude(frame.samples), rtol=1e-5)


def test_a_loud_start_does_not_leak_into_the_deep_end():
    """Without zero-padding, a periodic transform of the line would give 637 there."""
    samples = np.zeros((2, 1000))
    samples[:, 0] = 1000
    deep = envelope(two_lines(samples)).envelope[:, 900:]
    # The analytic signal of an impulse is 2 / (pi t) on every second sample.
    assert deep.max() < 1000 / (np.pi * 900) * 2 * 1.3


def test_band_pass_removes_drift_and_shifts_nothing():
    t = np.arange(4096) / 15e6
    pulse = np.exp(-0.5 * ((t - 130e-6) / 1e-6) ** 2) * np.cos(2 * np.pi * 3e6 * (t - 130e-6))
    drift = 5 * np.cos(2 * np.pi * 0.2e6 * t)
    found = envelope(two_lines(np.stack([pulse + drift] * 2), 15e6, band_pass=(1.5e6, 6e6))).envelope[0]
    assert abs(int(found.argmax()) - round(130e-6 * 15e6)) <= 1
    assert found[500:1500].max() < 0.01


def test_bounding_box_of_a_known_sector():
    geometry = ConvexGeometry(0.05, np.deg2rad([-30.0, 0.0, 30.0]))
    z_min, z_max, x_min, x_max = geometry.bounding_box(0.1)
    assert (z_min, z_max) == (pytest.approx(0.05 * np.cos(np.pi / 6) - 0.05), pytest.approx(0.1))
    assert (x_min, x_max) == (pytest.approx(-0.075), pytest.approx(0.075))


def test_line_position_on_uneven_lines():
    np.testing.assert_allclose(
        line_position(np.array([0.0, 1.0, 3.0]), np.array([0.0, 0.5, 2.0, 3.0])), [0, 0.5, 1.5, 2]
    )


def test_resize_averages_areas_exactly():
    image = np.arange(36, dtype=np.uint8).reshape(6, 6) * 7
    expected = image.reshape(2, 3, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(to_network_input(image, 2), expected, rtol=1e-6)
    uneven = np.zeros((5, 5), np.uint8)
    uneven[:, 2] = 200  # the two output columns share the middle column equally
    np.testing.assert_allclose(to_network_input(uneven, 2), np.full((2, 2), 40.0), rtol=1e-6)


def test_resize_pads_to_a_square_first_and_does_not_round():
    image = np.full((4, 8), 101, np.uint8)
    found = to_network_input(image, 4)
    np.testing.assert_allclose(found, np.repeat([[0.0], [101.0], [101.0], [0.0]], 4, axis=1))
    assert found.dtype == np.float32
    odd = to_network_input(np.array([[0, 1], [1, 1]], np.uint8).repeat(8, 0).repeat(8, 1), 3)
    assert odd[1, 1] == pytest.approx(0.75)


@pytest.fixture
def stored(tmp_path):
    liver = np.array([[0, 0.05], [0.01, 0.05], [0, 0.06]])
    found = envelope(speckle_frame(start_depth=0.002, reference_level=3.0, regions={"liver": liver}))
    plan = ReconstructionPlan(found, (100, 120))
    image = plan.render(PAPER)
    (tmp_path / "R1").mkdir()
    write_store(tmp_path / "R1" / "reconstruction.zarr", found, plan, image, {"note": "x"})
    return tmp_path / "R1", found, plan, image


def test_cache_gives_back_the_same_envelope_and_images(stored):
    folder, found, plan, image = stored
    again = read_reconstruction(folder)
    np.testing.assert_array_equal(again.image, image)
    np.testing.assert_array_equal(again.frame.regions["liver"], found.regions["liver"])
    np.testing.assert_array_equal(ReconstructionPlan(again.frame, grid=again.grid).render(PAPER), image)
    np.testing.assert_array_equal(again.grid.x, plan.x)
    assert again.digest == digest(found, plan.grid, image)
    dataset = xr.open_zarr(folder / "reconstruction.zarr")
    assert dataset.z.attrs["units"] == "m" and dataset.envelope.attrs["long_name"]


@pytest.mark.parametrize("array", ["bmode", "envelope"])
@pytest.mark.parametrize("damage", ["lost", "cut", "other"])
def test_a_damaged_cache_is_refused_in_one_line(stored, array, damage):
    folder = stored[0]

    def chunk_of(name):
        return next(path for path in (folder / "reconstruction.zarr" / name / "c").rglob("*") if path.is_file())

    chunk = chunk_of(array)
    if damage == "lost":
        chunk.unlink()
    elif damage == "cut":
        chunk.write_bytes(chunk.read_bytes()[:30])
    else:
        chunk.write_bytes(chunk_of("envelope" if array == "bmode" else "bmode").read_bytes())
    with pytest.raises(EchoShiftError, match=r"reconstruction\.zarr.*delete .* and run again") as caught:
        read_reconstruction(folder)
    assert "\n" not in str(caught.value)
