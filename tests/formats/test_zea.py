"""zea files, written by zea."""

import h5py
import numpy as np
import pytest
from refusals import refused
from writers import ANGLES, DEPTHS, RADIUS, SPEED, STEP, field, iq, is_in_place, linear_places, write_zea, zea_scan

from common import needs
from echoshift import EnvelopeFrame, ReconstructionPlan
from echoshift.formats import open_frame
from echoshift.reconstruction.envelope import envelope


def test_rf_on_zeas_polar_grid(tmp_path):
    path = write_zea(tmp_path / "a.hdf5")
    needs("zea.data.file").validate_file(str(path))
    frame = open_frame(path)
    assert frame.samples.shape == (21, 220) and not frame.is_iq
    np.testing.assert_allclose(frame.geometry.angles, ANGLES, atol=1e-6)
    assert frame.geometry.apex_radius == pytest.approx(RADIUS, abs=1e-7)
    assert frame.geometry.start_depth == pytest.approx(DEPTHS[0], abs=1e-7)
    assert frame.depths(220)[-1] == pytest.approx(DEPTHS[-1], abs=1e-6)
    assert (frame.sound_speed, frame.center_frequency) == (SPEED, 2.5e6)
    assert is_in_place(frame)


def test_iq_is_complex_and_harmonic_imaging_is_centred_on_what_is_received(tmp_path):
    z, x = linear_places()
    values = np.stack([field(z, x).T, field(x, z).T], axis=-1)[None]
    scan = {"center_frequency": np.float32(2e6), "demodulation_frequency": np.float32(4e6)}
    frame = open_frame(write_zea(tmp_path / "a.hdf5", (z, x), values, scan=scan))
    assert frame.is_iq and frame.center_frequency == 4e6
    assert frame.geometry.KIND == "linear" and frame.geometry.steering == 0
    assert is_in_place(frame, iq)


def test_steered_parallel_lines(tmp_path):
    frame = open_frame(write_zea(tmp_path / "a.hdf5", linear_places(0.2)))
    assert frame.geometry.steering == pytest.approx(0.2, abs=1e-5)
    assert is_in_place(frame)


def test_a_phased_array_has_its_apex_in_the_face(tmp_path):
    r = 0.01 + STEP * np.arange(220)
    places = r * np.cos(ANGLES[:, None]), r * np.sin(ANGLES[:, None])
    frame = open_frame(write_zea(tmp_path / "a.hdf5", places))
    assert frame.geometry.apex_radius == 0
    assert is_in_place(frame)


def test_the_gain_that_was_applied_comes_off_the_envelope(tmp_path):
    """The same echoes with and without zea's own gain curve give the same image."""
    curve = needs("zea.func.ultrasound").make_tgc_curve(220, 0.7, SPEED / (2 * STEP), 2.5e6, SPEED)
    rng = np.random.default_rng(0)
    rf = rng.standard_normal((1, 220, 21, 1))
    bare = open_frame(write_zea(tmp_path / "a.hdf5", values=rf))
    gained = open_frame(
        write_zea(tmp_path / "b.hdf5", values=rf * curve[:, None, None], scan={"tgc_gain_curve": curve})
    )
    # 0.7 dB/cm/MHz, round trip, 2.5 MHz
    np.testing.assert_allclose(gained.applied_gain, 3.5 * 100 * STEP * np.arange(220), atol=1e-4)
    settings = {"beta": 0.9, "alpha_l": 0.0, "alpha_u": 40.0}
    images = [ReconstructionPlan(frame, shape=(100, 100)).render(settings) for frame in (bare, gained)]
    difference = np.abs(images[0].astype(int) - images[1])
    assert np.ptp(images[0]) > 100 and np.mean(difference > 12) < 0.02


def test_a_curve_of_ones_is_no_gain_and_one_of_another_length_is_refused(tmp_path):
    ones = np.ones(500, np.float32)
    assert open_frame(write_zea(tmp_path / "a.hdf5", scan={"tgc_gain_curve": ones})).applied_gain is None
    path = write_zea(tmp_path / "b.hdf5", scan={"tgc_gain_curve": 2 * ones})
    assert "applied_gain: found 500 values, expected 220" in refused(path)


def test_an_envelope_is_read_where_it_is_and_loses_its_gain_too(tmp_path):
    factors = np.linspace(1, 100, 220)
    path = write_zea(
        tmp_path / "a.hdf5", n_frames=2, data="envelope_data", scan={"tgc_gain_curve": np.float32(factors)}
    )
    needs("zea.data.file").validate_file(str(path))
    frame = open_frame(f"{path}#1")
    assert isinstance(frame, EnvelopeFrame) and frame.center_frequency == 2.5e6
    line = np.arange(21)[:, None]
    amplitude = np.abs(2 * field(*frame.geometry.points(line, frame.sample_depths)))
    np.testing.assert_allclose(frame.envelope, amplitude, atol=1)
    np.testing.assert_allclose(envelope(frame).envelope, amplitude / factors, atol=1)
    assert "expected (frame, z, x)" in refused(with_channels(path), 0)


def with_channels(path):
    with h5py.File(path, "r+") as file:
        data = file["tracks/track_0/data/envelope_data"]
        values = data["values"][:][..., None]
        del data["values"]
        data["values"] = values
    return path


def test_of_a_track_with_both_the_rf_is_read(tmp_path):
    path = write_zea(tmp_path / "a.hdf5")
    write_zea(tmp_path / "b.hdf5", data="envelope_data")
    with h5py.File(path, "r+") as file, h5py.File(tmp_path / "b.hdf5") as other:
        other.copy("tracks/track_0/data/envelope_data", file["tracks/track_0/data"])
    assert is_in_place(open_frame(path))


def test_frames_and_tracks_are_chosen_by_number(tmp_path):
    path = write_zea(tmp_path / "a.hdf5", n_frames=3)
    assert is_in_place(open_frame(f"{path}#1"), lambda z, x: 2 * field(z, x), 1)
    assert "frame: found 3 in the file, expected a number from 0 to 2" in refused(path)
    with h5py.File(path, "r+") as file:
        file.copy("tracks/track_0", "tracks/track_1")
        file["tracks/track_1/data/beamformed_data/values"][2] *= -1
    assert is_in_place(open_frame(f"{path}#1/2"), lambda z, x: -3 * field(z, x), 1.5)
    assert "track: found several, expected TRACK/FRAME" in refused(path)


def test_lines_that_neither_meet_nor_run_in_parallel_are_refused(tmp_path):
    z, x = linear_places()
    path = write_zea(tmp_path / "a.hdf5", (z, x + z * np.linspace(-1, 1, 21)[:, None] ** 3))
    assert "coordinates: found lines that miss a common point" in refused(path)
    r = RADIUS + DEPTHS
    aside = r * np.cos(ANGLES[:, None]) - RADIUS, 0.01 + r * np.sin(ANGLES[:, None])
    assert "apex at x = 0.01 m, expected 0" in refused(write_zea(tmp_path / "b.hdf5", aside))


def test_a_missing_blosc_filter_is_a_one_line_error(tmp_path, monkeypatch):
    path = write_zea(tmp_path / "a.hdf5")
    monkeypatch.setattr(h5py.h5z, "filter_avail", lambda code: False)
    monkeypatch.setitem(__import__("sys").modules, "hdf5plugin", None)
    assert "values: found Blosc compression, expected the package hdf5plugin" in refused(path)


def test_the_scan_group_is_zeas_own():
    needs("zea.data.spec").ScanSpec(**zea_scan())
