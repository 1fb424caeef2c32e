"""Files of other tools, including a real recording."""

import cv2
import numpy as np
import pytest
import yaml

from chain import agree, chain
from common import ROOT, speckle_frame
from echoshift import EchoShiftError, ReconstructionPlan
from echoshift.formats import open_frame
from echoshift.formats.images import read_image
from echoshift.inspection.measurements import band, suggested_reference_level
from echoshift.storage.png import write_png

SIDECAR = ROOT / "resources/examples/eye_round.mha.yaml"


def metaimage(path, samples, header="", kind="MET_SHORT", sidecar=True, **fields):
    text = f"ObjectType = Image\nNDims = 3\nDimSize = {samples.shape[1]} {samples.shape[0]} 1\n"
    text += f"ElementType = {kind}\n{header}ElementDataFile = LOCAL\n"
    path.write_bytes(text.encode() + samples.tobytes())
    if sidecar:
        side = {
            "geometry": {"apex_radius": 0.05, "line_spacing": 0.02},
            "sampling_frequency": 6.25e6,
            "center_frequency": 2.5e6,
        }
        path.with_name(path.name + ".yaml").write_text(yaml.safe_dump(side | fields))
    return path


def misspelt(path):
    side = path.with_name(path.name + ".yaml")
    side.write_text(side.read_text().replace("center_frequency", "centre_frequency"))


@pytest.fixture
def samples():
    return np.random.default_rng(0).integers(-3000, 3000, (20, 300)).astype(np.int16)


def test_metaimage_is_read_depth_first(tmp_path, samples):
    frame = open_frame(metaimage(tmp_path / "a.mha", samples, reference_level=20.0, band_pass=[1e6, 3e6]))
    np.testing.assert_array_equal(frame.samples, samples)
    assert frame.geometry.angles[1] - frame.geometry.angles[0] == pytest.approx(0.02)
    assert frame.geometry.angles.mean() == pytest.approx(0)
    assert (frame.reference_level, frame.band_pass) == (20.0, (1e6, 3e6))


def test_metaimage_big_endian_and_detached_data(tmp_path, samples):
    swapped = metaimage(tmp_path / "b.mha", samples.astype(">i2"), header="BinaryDataByteOrderMSB = True\n")
    np.testing.assert_array_equal(open_frame(swapped).samples, samples)
    whole = metaimage(tmp_path / "c.mhd", samples).read_bytes()
    head, data = whole.split(b"LOCAL\n", 1)
    (tmp_path / "c.mhd").write_bytes(head + b"c.raw\n")
    (tmp_path / "c.raw").write_bytes(data)
    np.testing.assert_array_equal(open_frame(tmp_path / "c.mhd").samples, samples)


def test_content_decides_not_the_name(tmp_path, frame):
    frame.save(tmp_path / "x.mha")
    np.testing.assert_array_equal(open_frame(tmp_path / "x.mha").samples, frame.samples)


WRONG = {
    "truncated": (lambda p, s: p.write_bytes(p.read_bytes()[:-100]), "found 11900 bytes of samples, expected 12000"),
    "empty": (lambda p, s: p.write_bytes(b""), "found an empty file"),
    "another type": (lambda p, s: p.write_bytes(b"GIF89a" * 10), "found a file beginning with b'GIF89aGI'"),
    "no header end": (
        lambda p, s: p.write_bytes(b"ObjectType = Image\nDimSize = 3 3\n"),
        "found no ElementDataFile line",
    ),
    "unknown samples": (lambda p, s: metaimage(p, s, kind="MET_COMPLEX"), "ElementType: found 'MET_COMPLEX'"),
    "sizes": (
        lambda p, s: p.write_bytes(p.read_bytes().replace(b"300 20 1", b"300 20 9")),
        "frame: found 9 in the file, expected a number from 0 to 8",
    ),
    "no data file": (lambda p, s: p.write_bytes(p.read_bytes().replace(b"LOCAL", b"x.raw")), "file 'x.raw' not found"),
    "no side-car": (
        lambda p, s: p.with_name(p.name + ".yaml").unlink(),
        "geometry: found neither in the file (MetaImage)",
    ),
    "side-car not YAML": (lambda p, s: p.with_name(p.name + ".yaml").write_text("{: ["), "not valid YAML"),
    "side-car key": (lambda p, s: metaimage(p, s, depth=3), "depth: found 3, expected a known key"),
    "side-car empty": (lambda p, s: p.with_name(p.name + ".yaml").write_text(""), "geometry: found neither"),
    "degrees": (
        lambda p, s: metaimage(p, s, geometry={"apex_radius": 0.05, "line_spacing": 2.5}),
        "geometry.line_spacing: found 2.5 rad for 20 lines",
    ),
    "misspelt required key": (
        lambda p, s: misspelt(p),
        "centre_frequency: found 2500000.0, expected a known key (is it center_frequency?)",
    ),
    "no angles": (lambda p, s: metaimage(p, s, geometry={"apex_radius": 0.05}), "one of them"),
    "kilohertz": (lambda p, s: metaimage(p, s, sampling_frequency=6250.0), "sampling_frequency: found 6250.0"),
    "NaN samples": (lambda p, s: metaimage(p, np.full((20, 300), np.nan, "f4"), kind="MET_FLOAT"), "6000 NaN"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_files_are_refused_in_one_line(name, tmp_path, samples):
    damage, expected = WRONG[name]
    path = metaimage(tmp_path / "a.mha", samples)
    damage(path, samples)
    with pytest.raises(EchoShiftError) as caught:
        open_frame(path)
    assert expected in str(caught.value), str(caught.value)
    assert "\n" not in str(caught.value) and "a.mha" in str(caught.value)


def test_the_real_recording_goes_through_the_chain(recording):
    frame = open_frame(recording, SIDECAR)
    assert frame.samples.shape == (241, 2048)
    assert frame.depths(2048)[-1] == pytest.approx(0.1051, abs=1e-4)
    plan = ReconstructionPlan(frame, shape=(400, 400))
    settings = {"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0}
    image = plan.render(settings)
    filtered = type(frame)(_band_passed(frame), **frame.acquisition() | {"band_pass": None})
    assert agree(image, *chain(filtered, (400, 400), settings))
    shades = image[plan.sector]
    assert (shades == 0).mean() < 0.2 and (shades == 255).mean() < 0.2


def _band_passed(frame):
    from scipy.signal import butter, filtfilt

    b, a = butter(4, frame.band_pass, btype="bandpass", fs=frame.sampling_frequency)
    return filtfilt(b, a, frame.samples.astype(np.float64), axis=1)


def test_inspect_reads_the_band_off_the_real_recording(recording):
    frame = open_frame(recording, SIDECAR)
    _, peak, high = band(frame)
    assert 2.0e6 < peak < 3.0e6 and high < 5.5e6


def test_suggested_reference_level_centres_the_frame():
    dark = speckle_frame(reference_level=0.0)
    suggested = suggested_reference_level(dark)
    image = ReconstructionPlan(dark.with_reference_level(suggested), (200, 200))
    shades = image.render({"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0})[image.sector]
    assert 100 < np.median(shades) < 155


def test_images_round_trip_and_colour_turns_grey(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (40, 50), dtype=np.uint8)
    write_png(tmp_path / "a.png", image, {"beta": 0.9})
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), image)
    assert b'{"beta": 0.9}' in (tmp_path / "a.png").read_bytes()
    cv2.imwrite(str(tmp_path / "c.png"), np.repeat(image[..., None], 3, axis=2))
    np.testing.assert_array_equal(read_image(tmp_path / "c.png"), image)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"", "found 0 bytes that are not an image"), (b"not a PNG", "that are not an image"), (None, "cannot be read")],
)
def test_wrong_images_are_refused(tmp_path, content, expected):
    path = tmp_path / "a.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EchoShiftError, match=expected):
        read_image(path)


def test_16_bit_and_tiny_and_truncated_images_are_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "deep.png"), np.zeros((40, 40), np.uint16))
    with pytest.raises(EchoShiftError, match="found 16 bits per pixel, expected 8"):
        read_image(tmp_path / "deep.png")
    write_png(tmp_path / "tiny.png", np.zeros((4, 4), np.uint8), {})
    with pytest.raises(EchoShiftError, match="found 4 x 4 pixels"):
        read_image(tmp_path / "tiny.png")
    write_png(tmp_path / "cut.png", np.random.default_rng(0).integers(0, 256, (90, 90), dtype=np.uint8), {})
    cut = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(cut[: len(cut) // 2])
    with pytest.raises(EchoShiftError, match="not an image"):
        read_image(tmp_path / "cut.png")


def test_a_folder_that_is_not_a_reconstruction_is_refused(tmp_path):
    with pytest.raises(EchoShiftError, match="not found, expected a cached reconstruction"):
        read_image(tmp_path)


def test_a_side_car_corrects_the_projects_own_file(tmp_path, frame):
    frame.save(tmp_path / "x.h5")
    side = {"reference_level": 7.0, "geometry": {"kind": "linear", "line_spacing": 0.0003, "steering": 0.1}}
    (tmp_path / "x.h5.yaml").write_text(yaml.safe_dump(side))
    found = open_frame(tmp_path / "x.h5")
    np.testing.assert_array_equal(found.samples, frame.samples)
    assert (found.reference_level, found.geometry.steering) == (7.0, 0.1)
    assert found.center_frequency == frame.center_frequency
    assert found.geometry.positions[-1] == pytest.approx(0.0003 * (len(frame.samples) - 1) / 2)
