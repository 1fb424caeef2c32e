"""MetaImage files with a geometry, several frames or compression, written by ITK if it is installed."""

import zlib

import numpy as np
import pytest
from refusals import refused
from writers import CURVILINEAR, SIDE, beside, write_metaimage

from common import ROOT, needs
from echoshift.formats import open_frame

STEP = CURVILINEAR["RadiusSampleSize"]  # mm
RATE = 1540 / (2 * STEP * 1e-3)


@pytest.fixture
def frames():
    return np.random.default_rng(0).integers(-3000, 3000, (3, 20, 300)).astype(np.int16)


def described(path, frame, kind="MET_SHORT", **side):
    """A file of one frame that leaves everything to its side-car."""
    return beside(write_metaimage(path, frame[None], ElementType=kind, FrequencyMhz=None), **SIDE | side)


def test_samples_are_read_depth_first_and_described_by_the_side_car(tmp_path, frames):
    frame = open_frame(described(tmp_path / "a.mha", frames[0], reference_level=20.0, band_pass=[1e6, 3e6]))
    np.testing.assert_array_equal(frame.samples, frames[0])
    assert frame.geometry.angles[1] - frame.geometry.angles[0] == pytest.approx(0.02)
    assert frame.geometry.angles.mean() == pytest.approx(0)
    assert (frame.reference_level, frame.band_pass) == (20.0, (1e6, 3e6))


@pytest.mark.parametrize(("name", "kind"), [("a.mha", ">i2"), ("a.mhd", "<i2"), ("a.mhd", ">i2")])
def test_frames_of_big_endian_and_of_detached_data(tmp_path, frames, name, kind):
    path = write_metaimage(tmp_path / name, frames.astype(kind), BinaryDataByteOrderMSB=kind == ">i2", **CURVILINEAR)
    if path.suffix == ".mhd":
        head, data = path.read_bytes().split(b"LOCAL\n", 1)
        path.write_bytes(head + b"a.raw\n")
        (tmp_path / "a.raw").write_bytes(data)
    np.testing.assert_array_equal(open_frame(f"{path}#1").samples, frames[1])


def test_what_itk_writes_is_read_frame_by_frame(tmp_path, frames):
    itk = needs("SimpleITK")
    image = itk.GetImageFromArray(frames)
    for name, value in {**CURVILINEAR, "FrequencyMhz": 2.5}.items():
        image.SetMetaData(name, str(value))
    for compression in (False, True):
        path = tmp_path / f"{compression}.mha"
        itk.WriteImage(image, str(path), useCompression=compression)
        for number in range(3):
            frame = open_frame(f"{path}#{number}")
            np.testing.assert_array_equal(frame.samples, frames[number])
        assert frame.geometry.apex_radius == pytest.approx(0.0264)
        # ITK's own formula: the first line lies at minus half of the sweep and the last at plus half.
        np.testing.assert_allclose(frame.geometry.angles[[0, -1]], np.array([-9.5, 9.5]) * 0.00862832)
        assert frame.depths(300)[-1] == pytest.approx(299 * STEP * 1e-3)


def test_a_linear_image_takes_itks_spacing_and_offset(tmp_path, frames):
    path = write_metaimage(tmp_path / "a.mha", frames[:1], ElementSpacing="0.0385 0.3 1", Offset="2 0 0")
    frame = open_frame(path)
    np.testing.assert_allclose(np.diff(frame.geometry.positions), 0.3e-3)
    assert frame.geometry.positions.mean() == pytest.approx(0, abs=1e-15)
    assert frame.depths(300)[[0, -1]] == pytest.approx([2e-3, 2e-3 + 299 * 0.0385e-3])


def test_plus_fields_come_before_the_usual_speed_and_a_side_car_before_all(tmp_path, frames):
    path = write_metaimage(tmp_path / "a.mha", frames[:1], **CURVILINEAR, SoundVelocity=1480, FrequencyMhz=3.5)
    frame = open_frame(path)
    assert (frame.sound_speed, frame.center_frequency) == (1480, 3.5e6)
    assert frame.sampling_frequency == pytest.approx(RATE * 1480 / 1540)
    (tmp_path / "a.mha.yaml").write_text("center_frequency: 2.0e+6\nsampling_frequency: 15.0e+6\n")
    frame = open_frame(path)
    assert (frame.center_frequency, frame.sampling_frequency) == (2e6, 15e6)


def test_a_plus_sequence_is_a_file_of_frames(tmp_path, frames):
    fields = {
        f"Seq_Frame{i:04}_{name}": value for i in range(3) for name, value in (("Timestamp", i), ("Status", "OK"))
    }
    path = write_metaimage(
        tmp_path / "a.seq.mha", frames, zlib.compress(frames.tobytes()), CompressedData=True, **CURVILINEAR,
        UltrasoundImageType="RF_REAL", UltrasoundImageOrientation="FM", **fields,
    )  # fmt: skip
    frame = open_frame(f"{path}#2")
    np.testing.assert_array_equal(frame.samples, frames[2])
    assert (frame.metadata["frame"], frame.metadata["orientation"]) == (2, "FM")


def test_the_recordings_own_header_says_what_its_side_car_says(recording, tmp_path):
    """The real file with ITKUltrasound's fields in its header gives the same frame as with its side-car."""
    head, data = recording.read_bytes().split(b"ElementDataFile = LOCAL\n", 1)
    fields = {**CURVILINEAR, "LateralAngularSeparation": (np.pi / 2 + 0.5) / 240, "FrequencyMhz": 2.5}
    more = "".join(f"{name} = {value}\n" for name, value in fields.items())
    (tmp_path / "a.mha").write_bytes(head + more.encode() + b"ElementDataFile = LOCAL\n" + data)
    own = open_frame(tmp_path / "a.mha")
    described = open_frame(recording, ROOT / "resources/examples/eye_round.mha.yaml")
    np.testing.assert_array_equal(own.samples, described.samples)
    np.testing.assert_allclose(own.geometry.angles, described.geometry.angles, atol=1e-7)
    assert own.geometry.apex_radius == described.geometry.apex_radius
    assert own.sampling_frequency == pytest.approx(described.sampling_frequency, rel=1e-3)


WRONG = {
    "no selector": ({}, None, "frame: found 3 in the file, expected a number from 0 to 2"),
    "a frame too many": ({}, "3", "found #3, expected a number from 0 to 2"),
    "no number": ({}, "-1", "found #-1, expected a number from 0 to 2"),
    "no lines": ({"DimSize": "300 0 3"}, "0", "DimSize: found '300 0 3'"),
    "text for a size": ({"DimSize": "300 x 3"}, "0", "DimSize: found '300 x 3'"),
    "four axes": ({"DimSize": "300 20 3 2"}, "0", "DimSize: found '300 20 3 2'"),
    "frames cut off": ({"DimSize": "300 20 4"}, "0", "found 36000 bytes of samples, expected 48000 for 4 frames"),
    "colour": ({"ElementNumberOfChannels": 3}, "0", "ElementNumberOfChannels: found 3, expected 1"),
    "a colour picture of PLUS": ({"UltrasoundImageType": "RGB_COLOR"}, "0", "found 'RGB_COLOR', expected one of RF_REAL"),
    "lines first": ({"UltrasoundImageOrientation": "MF"}, "0", "samples: found 20 samples per line"),
    "not compressed": ({"CompressedData": True}, "0", "CompressedData: found samples that are not zlib data"),
    "no geometry": ({"LateralAngularSeparation": None}, "0", "without LateralAngularSeparation, expected all three"),
    "degrees": ({"LateralAngularSeparation": 0.5}, "0", "LateralAngularSeparation: found 0.5 rad for 20 lines"),
    "NaN angle": ({"LateralAngularSeparation": "nan"}, "0", "LateralAngularSeparation: found 'nan'"),
    "metres": ({"FirstSampleDistance": 0.0264}, "0", "FirstSampleDistance: found 0.0264, expected 0, or 1 to 1000 mm"),
    "no step": ({"RadiusSampleSize": 0}, "0", "RadiusSampleSize: found 0, expected mm above 0"),
    "metres for a step": ({"RadiusSampleSize": STEP * 1e-3}, "0", "sampling_frequency: found 149970590"),
    "two numbers": ({"RadiusSampleSize": "0.05 0.05"}, "0", "RadiusSampleSize: found '0.05 0.05', expected one number"),
    "negative frequency": ({"FrequencyMhz": -2.5}, "0", "center_frequency: found -2500000.0"),
    "no frequency": ({"FrequencyMhz": None}, "0", "center_frequency: found neither in the file (MetaImage)"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_headers_are_refused_in_one_line(name, tmp_path, frames):
    header, selector, expected = WRONG[name]
    assert expected in refused(write_metaimage(tmp_path / "a.mha", frames, **(CURVILINEAR | header)), selector)


def edit(old, new):
    return lambda path, frame: path.write_bytes(path.read_bytes().replace(old, new))


def side_car(text):
    return lambda path, frame: path.with_name(path.name + ".yaml").write_text(text)


def beside_another(**side):
    return lambda path, frame: beside(path, **SIDE | side)


MISSPELT = {name.replace("center", "centre"): value for name, value in SIDE.items()}
DAMAGED = {
    "truncated": (lambda p, f: p.write_bytes(p.read_bytes()[:-100]), "found 11900 bytes of samples, expected 12000"),
    "empty": (lambda p, f: p.write_bytes(b""), "found an empty file"),
    "another type": (lambda p, f: p.write_bytes(b"GIF89a" * 10), "found a file beginning with b'GIF89aGI'"),
    "no header end": (lambda p, f: p.write_bytes(b"ObjectType = Image\nDimSize = 3 3\n"), "found no ElementDataFile line"),
    "unknown samples": (lambda p, f: described(p, f, "MET_COMPLEX"), "ElementType: found 'MET_COMPLEX'"),
    "sizes": (edit(b"300 20 1", b"300 20 9"), "frame: found 9 in the file, expected a number from 0 to 8"),
    "no data file": (edit(b"LOCAL", b"x.raw"), "file 'x.raw' not found"),
    "no side-car": (lambda p, f: p.with_name(p.name + ".yaml").unlink(), "geometry: found neither in the file (MetaImage)"),
    "side-car not YAML": (side_car("{: ["), "not valid YAML"),
    "side-car empty": (side_car(""), "geometry: found neither"),
    "misspelt required key": (
        lambda p, f: beside(p, **MISSPELT), "centre_frequency: found 2500000.0, expected a known key (is it center_frequency?)"),
    "side-car key": (beside_another(depth=3), "depth: found 3, expected one of "),
    "degrees": (
        beside_another(geometry={"apex_radius": 0.05, "line_spacing": 2.5}), "geometry.line_spacing: found 2.5 rad for 20 lines"),
    "no angles": (beside_another(geometry={"apex_radius": 0.05}), "one of them"),
    "kilohertz": (beside_another(sampling_frequency=6250.0), "sampling_frequency: found 6250.0"),
    "NaN samples": (lambda p, f: described(p, np.full((20, 300), np.nan, "f4"), "MET_FLOAT"), "6000 NaN"),
    "negative spacing": (edit(b"1 1 1", b"0.05 -0.3 1"), "ElementSpacing: found '0.05 -0.3 1', expected mm above 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_and_side_cars_are_refused_in_one_line(name, tmp_path, frames):
    damage, expected = DAMAGED[name]
    path = described(tmp_path / "a.mha", frames[0])
    damage(path, frames[0])
    assert expected in refused(path)
