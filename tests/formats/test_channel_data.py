"""Channel data in zea's layout: what is read, and what is refused in one line. Most of it needs no zea."""

import sys

import h5py
import numpy as np
import pytest
from damages import damaged
from refusals import refused
from writers import field, linear_places, write_zea

from common import needs
from echoshift import EchoShiftError
from echoshift.formats import open_frame
from echoshift.formats.beamforming import beamformed_frame
from echoshift.formats.channel_data import read_channel_data

RAW = np.random.default_rng(0).integers(-3000, 3000, (2, 3, 90, 8, 1)).astype(np.int16)
SCAN = {
    "sampling_frequency": 20e6,
    "center_frequency": 5e6,
    "demodulation_frequency": 5e6,
    "sound_speed": 1480.0,
    "initial_times": np.zeros(3),
    "t0_delays": np.zeros((3, 8)),
    "tx_apodizations": np.ones((3, 8)),
    "focus_distances": np.full(3, np.inf),
    "transmit_origins": np.zeros((3, 3)),
    "polar_angles": np.zeros(3),
}
ELEMENTS = np.stack([2e-4 * (np.arange(8) - 3.5), np.zeros(8), np.zeros(8)], axis=1)


def write_channels(path, raw=RAW, probe=None, root="tracks/track_0/", **scan):
    """Write in zea's layout, by h5py. Fields that are None are left out."""
    with h5py.File(path, "w") as file:
        file.attrs["zea_version"] = "0.1.8"
        fields = {f"{root}scan/{name}": value for name, value in (SCAN | scan).items()}
        fields |= {f"probe/{name}": value for name, value in ({"probe_geometry": ELEMENTS} | (probe or {})).items()}
        for name, value in {f"{root}data/raw_data": raw, **fields}.items():
            if value is not None:
                file[name] = np.float32(value) if np.asarray(value).dtype == np.float64 else value
    return path


def read(path, selector=None):
    with h5py.File(path) as file:
        return read_channel_data(file, selector)


def test_the_layout_is_zeas_own():
    spec = needs("zea.data.spec")
    spec.ScanSpec(**{name: np.float32(value) for name, value in SCAN.items()})
    spec.DataSpec(raw_data=RAW)


def test_a_frame_is_chosen_by_number_in_a_track_or_at_the_root(tmp_path):
    path = write_channels(tmp_path / "a.hdf5")
    data = read(path, "1")
    np.testing.assert_array_equal(data.samples, RAW[1].astype(np.float32))
    np.testing.assert_array_equal(data.elements, np.float32(ELEMENTS))
    assert data.notes["frame"] == 1 and data.scan["sound_speed"] == 1480 and data.probe == ""
    flat = write_channels(tmp_path / "b.hdf5", root="", probe={"type": "phased"})
    np.testing.assert_array_equal(read(flat, "0").samples, RAW[0])
    assert read(flat, "0").probe == "phased"
    with h5py.File(path, "r+") as file:
        file.copy("tracks/track_0", "tracks/track_1")
        file["tracks/track_1/data/raw_data"][1] = 7
    assert (read(path, "1/1").samples == 7).all()
    assert "track: found several, expected TRACK/FRAME" in refused(path, read=beamformed_frame)


def test_a_gain_over_time_is_taken_off_the_echoes(tmp_path):
    curve = np.geomspace(1, 300, 90)
    raw = (RAW * curve[:, None, None]).astype(np.float32)
    data = read(write_channels(tmp_path / "a.hdf5", raw, tgc_gain_curve=curve), "0")
    np.testing.assert_allclose(data.samples, RAW[0], rtol=1e-5)


def test_channels_of_a_sliding_aperture_go_to_their_elements(tmp_path):
    indices = np.array([[0, 1, 2, 3], [5, 4, 3, 2], [4, 5, 6, 7]])
    raw = np.stack([RAW[:, i][:, :, elements] for i, elements in enumerate(indices)], axis=1)
    samples = read(write_channels(tmp_path / "a.hdf5", raw, rx_aperture_indices=indices), "0").samples
    for i, elements in enumerate(indices):
        others = np.setdiff1d(np.arange(8), elements)
        assert (samples[i][:, others] == 0).all()
        np.testing.assert_array_equal(samples[i][:, elements], RAW[0, i][:, elements])


def test_harmonic_data_is_centred_on_what_is_received(tmp_path):
    scan = read(write_channels(tmp_path / "a.hdf5", demodulation_frequency=10e6), "0").scan
    assert (scan["center_frequency"], scan["demodulation_frequency"]) == (5e6, 10e6)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"raw": None}, "raw_data: not in the file, expected channel data"),
        ({"raw": RAW[0]}, "raw_data: found shape (3, 90, 8, 1), expected (frame, transmit, sample, element, channel)"),
        ({"raw": np.repeat(RAW, 3, axis=4)}, "with 1 channel (RF) or 2 (IQ)"),
        ({"raw": RAW[:, :, :, :6]}, "raw_data: found 6 channels, expected 8, one per element, or rx_aperture_indices"),
        ({"probe": {"probe_geometry": None}}, "probe_geometry: not in the file"),
        ({"probe": {"probe_geometry": ELEMENTS[:, :2]}}, "expected numbers of shape (any, 3)"),
        ({"probe": {"probe_geometry": ELEMENTS[:, ::-1]}}, "probe_geometry: found 8 elements at one x, expected several"),
        ({"probe": {"probe_geometry": ELEMENTS[:, [0, 0, 1]]}}, "elements at several y, expected all in"),
        ({"probe": {"probe_geometry": ELEMENTS + np.array([0, 0, 0.01])}}, "elements neither on a line at z = 0 nor on an arc"),
        ({"t0_delays": None}, "t0_delays: not in the file, expected it with the channel data"),
        ({"t0_delays": np.zeros((3, 7))}, "t0_delays: found float32 of shape (3, 7), expected numbers of shape (3, 8)"),
        ({"polar_angles": np.full(3, np.nan)}, "polar_angles: found NaN or infinite values"),
        ({"sampling_frequency": 0.0}, "sampling_frequency: found 0, expected 100000 to 1e+09 Hz (not MHz)"),
        ({"sampling_frequency": 9e6}, "sampling_frequency: found 9e+06 Hz of RF, expected more than twice the centre frequency"),
        ({"sound_speed": 1.54}, "sound_speed: found 1.54"),
        ({"sampling_frequency": "fast"}, "expected numbers of shape ()"),
        ({"center_frequency": None, "demodulation_frequency": None}, "center_frequency: not in the file"),
        ({"demodulation_frequency": np.array([5e6, 5e6, 6e6])}, "demodulation_frequency: found 2 different values"),
        ({"center_frequency": 5.0, "demodulation_frequency": 5.0}, "center_frequency: found 5, expected 100000 to 1e+08 Hz"),
        ({"tgc_gain_curve": np.zeros(90)}, "tgc_gain_curve: found 0, negative, NaN or infinite values"),
        ({"tgc_gain_curve": np.full(80, 2.0)}, "tgc_gain_curve: found 80 values, expected 90"),
        ({"rx_aperture_indices": np.full((3, 8), 8)}, "rx_aperture_indices: found elements that the probe does not have"),
        ({"rx_aperture_indices": np.zeros((3, 8))}, "rx_aperture_indices: found float32 of shape (3, 8), expected integers"),
    ],
)  # fmt: skip
def test_incomplete_channel_data_is_refused(tmp_path, changes, expected):
    path = write_channels(tmp_path / "a.hdf5", **changes)
    assert expected in refused(path, "0", read=beamformed_frame)


def test_a_scan_that_is_missing_altogether_is_refused(tmp_path):
    path = write_channels(tmp_path / "a.hdf5", **dict.fromkeys(SCAN))
    assert "sampling_frequency: not in the file" in refused(path, "0", read=beamformed_frame)


def test_frames_out_of_range_and_other_formats_are_refused(tmp_path):
    path = write_channels(tmp_path / "a.hdf5")
    assert "frame: found #2, expected a number from 0 to 1" in refused(path, "2", read=beamformed_frame)
    assert "frame: found 2 in the file" in refused(path, read=beamformed_frame)
    with h5py.File(tmp_path / "b.hdf5", "w") as file:
        file["x"] = 1
    assert "file: found an HDF5 file with an unknown layout" in refused(tmp_path / "b.hdf5", read=beamformed_frame)


def test_each_of_the_two_kinds_of_zea_files_names_the_other(tmp_path):
    assert "channel data alone (`echoshift import --beamform` reads it)" in refused(write_channels(tmp_path / "a.hdf5"))
    z, x = linear_places()
    path = write_zea(tmp_path / "b.hdf5", (z, x), field(z, x).T[None, ..., None])
    assert open_frame(path).samples.shape == (21, 220)
    assert "found beamformed data alone, which is imported without --beamform" in refused(path, read=beamformed_frame)


@pytest.fixture
def without_zea(monkeypatch):
    for name in ("KERAS_BACKEND", "JAX_PLATFORMS", "ZEA_LOG_LEVEL"):
        monkeypatch.setenv(name, "unchanged")  # restored after the test
    for name in ("zea", "zea.ops"):
        monkeypatch.setitem(sys.modules, name, None)


def test_without_zea_one_line_says_what_to_install(tmp_path, without_zea):
    message = refused(write_channels(tmp_path / "a.hdf5"), "0", read=beamformed_frame)
    assert message.startswith("#0: zea: found") and "pip install 'echoshift[zea]'" in message


def test_damaged_files_are_refused_in_one_line(tmp_path, without_zea):
    data, rng = write_channels(tmp_path / "a.hdf5").read_bytes(), np.random.default_rng(1)
    path = tmp_path / "b.hdf5"
    for _ in range(200):
        path.write_bytes(damaged(data, rng))
        with pytest.raises(EchoShiftError) as caught:
            beamformed_frame(f"{path}#0")
        assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
