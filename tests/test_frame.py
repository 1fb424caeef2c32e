"""RF frames: validation and their file format."""

import h5py
import numpy as np
import pytest

from common import speckle_frame
from echoshift import ConvexGeometry, EchoShiftError, EnvelopeFrame, RFFrame
from formats.refusals import refused

ANGLES = np.deg2rad(np.linspace(-30, 30, 16))


def test_round_trip_through_the_file(tmp_path):
    frame = speckle_frame(
        start_depth=0.003,
        reference_level=-4.5,
        band_pass=(1e6, 3e6),
        regions={"liver": np.array([[0.0, 0.05], [0.01, 0.05], [0.0, 0.06]])},
        metadata={"simulated": True, "fat_fraction": 12.5},
    )
    frame.save(tmp_path / "f.h5")
    again = RFFrame.open(tmp_path / "f.h5")
    np.testing.assert_array_equal(again.samples, frame.samples)
    np.testing.assert_array_equal(again.geometry.angles, frame.geometry.angles)
    np.testing.assert_array_equal(again.regions["liver"], frame.regions["liver"])
    for name in ("sampling_frequency", "center_frequency", "sound_speed", "reference_level", "band_pass", "metadata"):
        assert getattr(again, name) == getattr(frame, name), name
    assert (again.geometry.apex_radius, again.geometry.start_depth) == (0.04957, 0.003)


def test_an_envelope_goes_through_the_file_too(tmp_path):
    rf = speckle_frame(reference_level=3.0, applied_gain=np.full(1280, 6.0))
    frame = EnvelopeFrame(np.abs(rf.samples), **rf.acquisition())
    frame.save(tmp_path / "f.h5")
    again = EnvelopeFrame.open(tmp_path / "f.h5")
    np.testing.assert_array_equal(again.envelope, frame.envelope)
    np.testing.assert_array_equal(again.applied_gain, 6.0)
    assert (again.reference_level, again.with_reference_level(-1.0).reference_level) == (3.0, -1.0)
    with h5py.File(tmp_path / "f.h5") as file:
        assert "samples" not in file and file.attrs["format_version"] == 3
    assert "samples: not in the file" in refused(tmp_path / "f.h5", read=RFFrame.open)


@pytest.mark.parametrize("version", [1, 2])
def test_files_of_earlier_versions_are_read(tmp_path, frame, version):
    frame.save(tmp_path / "f.h5")
    with h5py.File(tmp_path / "f.h5", "a") as file:
        file.attrs["format_version"] = version
        if version == 1:
            del file["geometry"].attrs["kind"]
    np.testing.assert_array_equal(RFFrame.open(tmp_path / "f.h5").samples, frame.samples)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (dict(envelope=-np.ones((16, 100))), "envelope: found 1600 negative values, expected amplitudes of 0 or more"),
        (dict(envelope=np.ones((16, 100), complex)), "envelope: found type complex64, expected real numbers"),
        (dict(applied_gain=np.zeros(99)), "applied_gain: found 99 values, expected 100"),
    ],
)
def test_refuses_an_envelope(change, expected):
    fields = dict(envelope=np.ones((16, 100)), sampling_frequency=6.25e6, center_frequency=2.5e6) | change
    with pytest.raises(EchoShiftError) as caught:
        EnvelopeFrame(fields.pop("envelope"), geometry=ConvexGeometry(apex_radius=0.05, angles=ANGLES), **fields)
    assert expected in str(caught.value)


def test_the_file_says_its_units_and_is_the_same_bytes_again(tmp_path, frame):
    frame.save(tmp_path / "a.h5")
    frame.save(tmp_path / "b.h5")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    units = {}
    with h5py.File(tmp_path / "a.h5") as file:
        file.visititems(
            lambda name, one: units.update({name: one.attrs["units"]}) if isinstance(one, h5py.Dataset) else None
        )
    assert units["geometry/angles"] == "rad" and units["sampling_frequency"] == "Hz" and units["samples"] == "1"


def test_depth_of_a_sample():
    frame = speckle_frame(start_depth=0.002)
    np.testing.assert_allclose(frame.depths(3), 0.002 + np.array([0, 1, 2]) * 1540 / (2 * 6.25e6))


WRONG = {
    "one dimension": (dict(samples=np.zeros(100)), "samples: found 1 dimensions"),
    "transposed": (dict(samples=np.zeros((100, 16))), "samples: found 100 lines, expected 16"),
    "text": (dict(samples=np.full((16, 100), "1.0")), "samples: found type <U3"),
    "IQ with a band": (
        dict(samples=np.zeros((16, 100), complex), band_pass=(1e6, 2e6)),
        "band_pass: found (1000000.0, 2000000.0), expected none for complex samples",
    ),
    "a band in megahertz": (
        dict(band_pass=(1.5, 2.5)),
        "band_pass: found (1.5, 2.5), expected an upper limit of at least 100000 Hz (not MHz)",
    ),
    "gain of another length": (dict(applied_gain=np.zeros(99)), "applied_gain: found 99 values, expected 100"),
    "gain in amplitudes": (dict(applied_gain=np.full(100, 1e4)), "applied_gain: found 10000.0, expected decibels"),
    "NaN": (dict(samples=np.full((16, 100), np.nan)), "samples: found 1600 NaN or infinite values"),
    "beyond float32": (dict(samples=np.full((16, 100), 1e300)), "samples: found 1600 NaN or infinite values"),
    "transposed, one line per sample": (dict(samples=np.zeros((16, 20))), "at least 32 (is the frame transposed?)"),
    "one sample": (dict(samples=np.zeros((16, 1))), "samples: found 1 samples per line"),
    "no sampling": (dict(sampling_frequency=0.0), "sampling_frequency: found 0.0"),
    "undersampled": (dict(center_frequency=4e6), "center_frequency: found 4000000.0, expected below half"),
    "megahertz": (
        dict(sampling_frequency=6.25, center_frequency=2.5),
        "sampling_frequency: found 6.25, expected 100000 to 1e+09 Hz (not MHz)",
    ),
    "no speed": (dict(sound_speed=-1540.0), "sound_speed: found -1540.0"),
    "infinite level": (dict(reference_level=np.inf), "reference_level: found inf"),
    "band upside down": (dict(band_pass=(3e6, 1e6)), "band_pass: found (3000000.0, 1000000.0)"),
    "a flat region": (dict(regions={"liver": np.zeros((2, 2))}), "regions/liver: found shape (2, 2)"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.filterwarnings("ignore:overflow")
def test_refuses(name):
    change, expected = WRONG[name]
    fields = dict(samples=np.zeros((16, 100)), sampling_frequency=6.25e6, center_frequency=2.5e6) | change
    with pytest.raises(EchoShiftError) as caught:
        RFFrame(fields.pop("samples"), geometry=ConvexGeometry(apex_radius=0.05, angles=ANGLES), **fields)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (dict(apex_radius=-0.05), "apex_radius: found -0.05"),
        (dict(apex_radius=50.0), "(not millimetres)"),
        (dict(apex_radius=np.nan), "apex_radius: found nan"),
        (dict(angles=ANGLES[::-1]), "angles: found values that do not increase"),
        (dict(angles=np.linspace(-30, 30, 16)), "(not degrees)"),
        (dict(angles=ANGLES[:1]), "angles: found shape (1,)"),
        (dict(angles=ANGLES * np.nan), "angles: found NaN"),
        (dict(start_depth=-0.001), "start_depth: found -0.001"),
    ],
)
def test_refuses_geometry(fields, expected):
    with pytest.raises(EchoShiftError) as caught:
        ConvexGeometry(**dict(apex_radius=0.05, angles=ANGLES) | fields)
    assert expected in str(caught.value)


def replace(name, data, units):
    def damage(file):
        del file[name]
        file.create_dataset(name, data=data).attrs["units"] = units

    return damage


DAMAGE = {
    "missing dataset": (lambda file: file.pop("samples"), "samples: not in the file"),
    "wrong units": (
        replace("geometry/angles", ANGLES, "degree"),
        "geometry/angles units: found 'degree', expected 'rad'",
    ),
    "sizes that disagree": (replace("geometry/angles", ANGLES, "rad"), "samples: found 48 lines, expected 16"),
    "a list for a number": (replace("sound_speed", [1540.0, 1540.0], "m/s"), "sound_speed: found shape (2,)"),
    "another format": (lambda file: file.attrs.update(format="zea"), "format: found 'zea'"),
    "a later version": (lambda file: file.attrs.update(format_version=9), "version 9, expected"),
    "metadata that is not JSON": (
        lambda file: file.attrs.update(metadata="{"),
        "metadata: found text that is not a JSON object",
    ),
    "metadata that is a list": (
        lambda file: file.attrs.update(metadata="[1]"),
        "metadata: found text that is not a JSON object",
    ),
    "text for angles": (replace("geometry/angles", [b"a"] * 48, "rad"), "geometry/angles: found type"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_file_is_refused_with_its_name(name, tmp_path, frame):
    damage, expected = DAMAGE[name]
    path = tmp_path / "f.h5"
    frame.save(path)
    with h5py.File(path, "a") as file:
        damage(file)
    assert expected in refused(path, read=RFFrame.open)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9])
def test_a_truncated_file_is_refused(share, tmp_path, frame):
    path = tmp_path / "f.h5"
    frame.save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(EchoShiftError, match=r"not a readable HDF5 file|NaN|samples"):
        RFFrame.open(path)


def test_fixed_length_text_of_other_writers_is_read(tmp_path, frame):
    frame.save(tmp_path / "f.h5")
    with h5py.File(tmp_path / "f.h5", "a") as file:
        file.attrs["format"] = np.bytes_("echoshift-rf")
        file["geometry/angles"].attrs["units"] = np.bytes_("rad")
    np.testing.assert_array_equal(RFFrame.open(tmp_path / "f.h5").samples, frame.samples)
