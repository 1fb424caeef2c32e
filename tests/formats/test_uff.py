"""UFF files in the layouts of pyuff and MATLAB, with pyuff's own pixel positions as the reference."""

import h5py
import numpy as np
import pytest
from refusals import refused
from writers import ANGLES, DEPTHS, POSITIONS, RADIUS, beside, field, iq, is_in_place, write_uff, write_uff_of_matlab

from common import needs
from echoshift.formats import open_frame


def test_a_sector_of_pyuff(tmp_path):
    frame = open_frame(write_uff(tmp_path / "a.uff"))
    np.testing.assert_allclose(frame.geometry.angles, ANGLES, atol=1e-12)
    assert frame.geometry.apex_radius == pytest.approx(RADIUS, abs=1e-12)
    assert frame.geometry.start_depth == pytest.approx(DEPTHS[0], abs=1e-12)
    assert is_in_place(frame, tolerance=0.01)


def test_the_pixels_lie_where_pyuff_reads_them(tmp_path):
    """Every value lies at its position, with positions and values as pyuff reads them from the file."""
    path = write_uff(tmp_path / "a.uff", data=np.random.default_rng(0).standard_normal(21 * 220))
    read = needs("pyuff_ustb").Uff(str(path)).read("beamformed")
    frame = open_frame(path)
    line, depth = frame.geometry.locate(read.scan.z, read.scan.x)
    sample = (depth - frame.geometry.start_depth) * 2 * frame.sampling_frequency / frame.sound_speed
    assert np.abs(line - line.round()).max() < 1e-6 and np.abs(sample - sample.round()).max() < 1e-6
    found = frame.samples[line.round().astype(int), sample.round().astype(int)]
    np.testing.assert_allclose(found, read.data.ravel(), atol=1e-6)


@pytest.mark.parametrize("shape", [(21, 220), (220, 220)])
def test_a_linear_scan_even_with_square_pixels(tmp_path, shape):
    x_axis = POSITIONS if shape[0] == 21 else 1e-4 * (np.arange(220) - 109.5)
    scan = needs("pyuff_ustb").LinearScan(x_axis=x_axis, z_axis=DEPTHS)
    frame = open_frame(write_uff(tmp_path / "a.uff", scan=scan))
    np.testing.assert_allclose(frame.geometry.positions, x_axis, atol=1e-12)
    assert is_in_place(frame, tolerance=0.01)


@pytest.mark.parametrize("apex", ["origin", "apex"])
def test_baseband_of_matlab(tmp_path, apex):
    frame = open_frame(write_uff_of_matlab(tmp_path / "a.uff", apex=apex))
    assert frame.is_iq and frame.center_frequency == 2.5e6
    assert is_in_place(frame, iq, 0.01)


def test_the_analytic_signal_needs_its_frequency_from_the_pulse_or_a_side_car(tmp_path):
    path = write_uff_of_matlab(tmp_path / "a.uff", modulation=0.0)
    assert "center_frequency: found neither" in refused(path)
    with h5py.File(path, "r+") as file:
        file["b_data/pulse/center_frequency"] = [[3e6]]
    frame = open_frame(path)
    assert frame.is_iq and frame.center_frequency == 3e6


def test_real_data_cannot_be_baseband(tmp_path):
    path = write_uff_of_matlab(tmp_path / "a.uff", of=field)
    assert "modulation_frequency: found 2500000.0 for real data" in refused(path)


def test_an_origin_for_each_line(tmp_path):
    """Depth measured from each line's own start on the face gives the same positions."""
    pyuff = needs("pyuff_ustb")
    starts = np.stack([RADIUS * np.cos(ANGLES) - RADIUS, RADIUS * np.sin(ANGLES)], axis=1)
    origins = [pyuff.Point(distance=np.hypot(z, x), azimuth=np.arctan2(x, z), elevation=0.0) for z, x in starts]
    z = (starts[:, 0] + DEPTHS[:, None] * np.cos(ANGLES)).ravel()
    x = (starts[:, 1] + DEPTHS[:, None] * np.sin(ANGLES)).ravel()
    scan = pyuff.SectorScan(azimuth_axis=ANGLES, depth_axis=DEPTHS, origin=origins, z=z, x=x, y=0 * x)
    frame = open_frame(write_uff(tmp_path / "a.uff", scan=scan))
    assert frame.geometry.apex_radius == pytest.approx(RADIUS, abs=1e-9)
    assert is_in_place(frame, tolerance=0.01)


def test_frames_waves_channels_and_objects_are_chosen(tmp_path):
    one = open_frame(write_uff(tmp_path / "a.uff")).samples
    pixels = one.T.ravel()
    factors = 1 + np.arange(12).reshape(2, 3, 2)  # channel, wave, frame
    path = write_uff(tmp_path / "b.uff", data=pixels[:, None, None, None] * factors)
    frame = open_frame(f"{path}#1,2,0")
    np.testing.assert_allclose(frame.samples, one * factors[0, 2, 1], rtol=1e-6)
    assert "wave: found 3 in the file, expected a number from 0 to 2" in refused(path, 1)
    write_uff(path, data=-pixels, name="second")
    np.testing.assert_allclose(open_frame(f"{path}#second").samples, -one)
    np.testing.assert_allclose(open_frame(f"{path}#beamformed/0,0,1").samples, one * factors[1, 0, 0])
    assert "beamformed data: found 2 objects, expected NAME/FRAME" in refused(path)


def test_another_speed_of_sound_in_the_side_car_leaves_the_samples_where_they_are(tmp_path):
    frame = open_frame(beside(write_uff(tmp_path / "a.uff"), center_frequency=2.5e6, sound_speed=1450.0))
    assert frame.sound_speed == 1450.0
    assert is_in_place(frame, tolerance=0.01)
