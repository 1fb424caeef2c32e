"""PLUS files: IQ in both layouts, all orientations, types that a side-car corrects, and lines after detection."""

import numpy as np
import pytest
from plus_files import LINES, ORIENTATIONS, SAMPLES, SIDE, iq_samples, stored, write_iq, write_plus
from refusals import refused
from writers import CURVILINEAR

from echoshift import EnvelopeFrame, RFFrame
from echoshift.bmode import GreyLinesFrame, Window
from echoshift.formats import holds_grey_lines, metaimage, open_frame, readings

IQ_TYPES = ("RF_IQ_LINE", "RF_I_LINE_Q_LINE")
DOUBLED = {"RF_IQ_LINE": 0, "RF_I_LINE_Q_LINE": 1}
"""The axis of the image of FM along which an IQ type stores two values."""


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("type", IQ_TYPES)
def test_iq_has_known_samples_in_every_orientation(tmp_path, type, orientation):
    frame = open_frame(write_iq(tmp_path / "a.mha", type, orientation))
    assert frame.is_iq and frame.geometry.n_lines == LINES
    np.testing.assert_array_equal(frame.samples, iq_samples())
    point = frame.samples[7, 60]
    assert (abs(point), np.angle(point)) == (pytest.approx(5000, abs=1), pytest.approx(0.6, abs=1e-3))
    assert (frame.metadata["type"], frame.metadata["orientation"]) == (type, orientation)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_real_lines_run_away_from_the_face_towards_the_marked_side(tmp_path, orientation):
    lines = np.arange(LINES * SAMPLES).reshape(LINES, SAMPLES)
    path = write_plus(tmp_path / "a.mha", ORIENTATIONS[orientation](lines), "RF_REAL", orientation)
    np.testing.assert_array_equal(open_frame(path).samples, lines)


def test_the_order_of_slices_and_an_undefined_orientation_are_read_as_plus_does(tmp_path):
    lines = np.arange(LINES * SAMPLES).reshape(LINES, SAMPLES)
    for orientation, image in (("MFA", lines.T), ("MFD", lines.T), ("XX", lines), (None, lines)):
        path = write_plus(tmp_path / "a.mha", image, "RF_REAL", orientation)
        np.testing.assert_array_equal(open_frame(path).samples, lines)


@pytest.mark.parametrize("type", IQ_TYPES)
def test_a_spacing_is_that_of_stored_values(tmp_path, type):
    """Two values along the axis on which I and Q take turns are one sample or one line."""
    spacing = [0.04, 0.3]
    spacing[DOUBLED[type]] /= 2
    for orientation, order in (("FM", 1), ("MF", -1)):
        header = {"ElementSpacing": "{} {} 1".format(*spacing[::order]), "Offset": "{} {} 0".format(*[2, 7][::order])}
        frame = open_frame(write_iq(tmp_path / "a.mha", type, orientation, side={"center_frequency": 5e6}, **header))
        np.testing.assert_allclose(np.diff(frame.geometry.positions), 0.3e-3)
        assert frame.depths(SAMPLES)[[0, 1]] == pytest.approx([2e-3, 2.04e-3])


def test_fields_of_samples_and_lines_belong_to_complex_ones(tmp_path):
    path = write_iq(tmp_path / "a.mha", "RF_I_LINE_Q_LINE", side={"center_frequency": 2.5e6}, **CURVILINEAR)
    frame = open_frame(path)
    assert np.diff(frame.geometry.angles) == pytest.approx(CURVILINEAR["LateralAngularSeparation"])
    assert frame.depths(SAMPLES)[1] == pytest.approx(CURVILINEAR["RadiusSampleSize"] * 1e-3)


def real_lines(n_lines=2 * LINES, n_samples=200, frequency=5e6):
    """Speckle at a frequency, wider than the distance of the lines."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(3)
    parts = [gaussian_filter(rng.standard_normal((n_lines, n_samples)), (1, 4)) for _ in range(2)]
    carrier = np.exp(2j * np.pi * frequency / SIDE["sampling_frequency"] * np.arange(n_samples))
    return np.round(20000 * ((parts[0] + 1j * parts[1]) * carrier).real)


def test_a_side_car_overrides_a_wrong_type(tmp_path):
    lines = real_lines()
    path = write_plus(tmp_path / "a.mha", lines[:, ::-1], "RF_I_LINE_Q_LINE", "NM", SIDE | {"type": "RF_REAL"})
    frame = open_frame(path)
    assert not frame.is_iq
    np.testing.assert_array_equal(frame.samples, lines)
    assert frame.metadata["type"] == "RF_REAL (in the file: RF_I_LINE_Q_LINE)"


def test_readings_are_those_of_all_types_in_doubt(tmp_path):
    lines = real_lines()
    wrong = write_plus(tmp_path / "wrong.mha", lines, "RF_I_LINE_Q_LINE")
    found = readings(wrong)
    assert list(found) == ["RF_I_LINE_Q_LINE", "RF_REAL"]
    np.testing.assert_array_equal(found["RF_REAL"], lines)
    np.testing.assert_array_equal(found["RF_I_LINE_Q_LINE"], lines[::2] + 1j * lines[1::2])
    corrected = write_plus(tmp_path / "b.mha", lines, "RF_I_LINE_Q_LINE", side=SIDE | {"type": "RF_REAL"})
    assert list(readings(corrected)) == ["RF_REAL", "RF_I_LINE_Q_LINE"]
    odd = write_plus(tmp_path / "odd.mha", lines[1:], "RF_I_LINE_Q_LINE", side=SIDE | {"type": "RF_REAL"})
    assert list(readings(odd)) == ["RF_REAL"]
    for type, image in (("RF_REAL", lines), ("BRIGHTNESS", lines * 0), ("RGB_COLOR", lines)):
        assert readings(write_plus(tmp_path / "c.mha", image, type)) == {}


GREY = np.arange(LINES * SAMPLES).reshape(LINES, SAMPLES) % 256


@pytest.mark.parametrize("numbers", ["MET_UCHAR", "MET_SHORT", "MET_FLOAT"])
def test_brightness_is_grey_levels_on_the_lines(tmp_path, numbers):
    path = write_plus(tmp_path / "a.mha", GREY, "BRIGHTNESS", numbers=numbers)
    recorded = metaimage.read(path, None)
    assert (recorded.kind, recorded.samples.dtype) == ("grey", np.uint8)
    np.testing.assert_array_equal(recorded.samples, GREY)
    assert "recorded: found lines of grey levels and nothing that says which levels are black and white" in refused(
        path
    )
    side = SIDE | {"recorded": {"dynamic_range": 60, "beta": 0.3}}
    frame = open_frame(write_plus(tmp_path / "b.mha", GREY, "BRIGHTNESS", numbers=numbers, side=side))
    assert isinstance(frame, GreyLinesFrame) and frame.window == Window(alpha_l=0, alpha_u=60, beta=0.3)
    np.testing.assert_array_equal(frame.grey, GREY)


def test_planning_knows_lines_of_grey_levels_by_the_header_and_the_side_car(tmp_path):
    kinds = [("BRIGHTNESS", SIDE, True), ("RF_REAL", SIDE, False), ("BRIGHTNESS", SIDE | {"type": "ENVELOPE"}, False)]
    kinds += [("RF_REAL", SIDE | {"type": "BRIGHTNESS"}, True)]
    for type, side, expected in kinds:
        assert holds_grey_lines(write_plus(tmp_path / "a.mha", GREY, type, side=side)) == expected
    (tmp_path / "a.mha").write_bytes(b"ObjectType")
    assert not holds_grey_lines(tmp_path / "a.mha")


def test_a_picture_may_be_scan_converted_so_its_spacing_is_no_geometry(tmp_path):
    for orientation, has_geometry in (("FM", True), ("MF", False)):
        image = ORIENTATIONS[orientation](GREY)
        path = write_plus(tmp_path / "a.mha", image, "BRIGHTNESS", orientation, ElementSpacing="0.04 0.3 1")
        recorded = metaimage.read(path, None)
        np.testing.assert_array_equal(recorded.samples, GREY)
        assert ("geometry" in recorded.says) == has_geometry


def test_linear_amplitudes_are_an_envelope_if_the_side_car_says_so(tmp_path):
    amplitudes = np.arange(LINES * SAMPLES).reshape(LINES, SAMPLES) * 7
    side = SIDE | {"type": "ENVELOPE", "applied_gain": [6.0] * SAMPLES}
    frame = open_frame(write_plus(tmp_path / "a.mha", amplitudes, "BRIGHTNESS", side=side))
    assert isinstance(frame, EnvelopeFrame) and not isinstance(frame, RFFrame)
    np.testing.assert_array_equal(frame.envelope, amplitudes)
    np.testing.assert_array_equal(frame.applied_gain, 6.0)


def iq(**fields):
    return lambda path: write_iq(path, **fields)


def plus(image, type, **fields):
    return lambda path: write_plus(path, image, type, **fields)


EVEN = stored(iq_samples(), "RF_IQ_LINE", "FM")
WRONG = {
    "odd values": (plus(EVEN[:, 1:], "RF_IQ_LINE"), "DimSize: found 12 lines of 179 values, expected an even number of values"),
    "odd lines": (plus(EVEN[1:], "RF_I_LINE_Q_LINE"), "DimSize: found 11 lines of 180 values, expected an even number of lines"),
    "no such type": (plus(EVEN, "RGB_COLOR"), "UltrasoundImageType: found 'RGB_COLOR', expected one of RF_REAL, RF_IQ_LINE"),
    "type of a side-car": (iq(side=SIDE | {"type": "RF"}), "type: found 'RF', expected one of RF_REAL, RF_IQ_LINE"),
    "orientation": (plus(EVEN, "RF_REAL", orientation="FF"), "UltrasoundImageOrientation: found 'FF'"),
    "both along": (plus(EVEN, "RF_REAL", orientation="FN"), "UltrasoundImageOrientation: found 'FN'"),
    "a volume": (plus(EVEN, "RF_REAL", orientation="AMF"), "UltrasoundImageOrientation: found 'AMF'"),
    "offset of the far end": (
        plus(EVEN, "RF_REAL", orientation="NM", ElementSpacing="0.04 0.3 1", Offset="3 0 0"),
        "Offset: found 3 mm for lines that begin at the far end, expected 0"),
    "beyond 8 bits": (plus(GREY + 1, "BRIGHTNESS"), "BRIGHTNESS: found values from 1 to 256, expected whole grey levels"),
    "parts of grey levels": (plus(GREY / 2, "BRIGHTNESS", numbers="MET_FLOAT"), "of linear amplitudes, the side-car's type is ENVELOPE"),
    "NaN grey": (plus(GREY * np.nan, "BRIGHTNESS", numbers="MET_FLOAT"), "BRIGHTNESS: found values from nan to nan"),
    "negative amplitudes": (plus(GREY - 1, "BRIGHTNESS", side=SIDE | {"type": "ENVELOPE"}), "envelope: found 5 negative values"),
    "band-pass of an envelope": (
        plus(GREY, "BRIGHTNESS", side=SIDE | {"type": "ENVELOPE", "band_pass": [1e6, 2e6]}),
        "band_pass: found (1000000.0, 2000000.0), expected none for lines after envelope detection"),
    "positions of stored lines": (
        iq(type="RF_I_LINE_Q_LINE", side=SIDE | {"geometry": {"kind": "linear", "positions": [i * 1e-3 for i in range(24)]}}),
        "geometry.positions: found 24 values, expected 12, one per line"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_files_are_refused_in_one_line(name, tmp_path):
    write, expected = WRONG[name]
    assert expected in refused(write(tmp_path / "a.mha"))


def test_a_type_is_refused_where_the_format_has_none(tmp_path, frame):
    frame.save(tmp_path / "a.h5")
    (tmp_path / "a.h5.yaml").write_text("type: RF_REAL\n")
    assert "type: found 'RF_REAL', expected none: EchoShift HDF5 says what its samples are" in refused(
        tmp_path / "a.h5"
    )
