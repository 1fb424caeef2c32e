"""Images of other tools: DICOM (with pydicom's real sample files), the public liver images, and plain images."""

import io
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from liver_files import write_liver
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels import pixel_array
from pydicom.uid import UID
from refusals import refused
from scipy.io import savemat

from echoshift.errors import EchoShiftWarning
from echoshift.formats.images import open_picture, read_image
from echoshift.formats.images.dicom import TRANSFER_SYNTAXES
from echoshift.storage.png import write_png

dicom_sample = partial(get_testdata_file, download=False)
BURNT_IN = "BurnedInAnnotation: found nothing: text in the picture may give the label away"


def changed(name, path, region=None, **fields):
    """A sample with changed fields. `region` corrects the regions, which the samples have from before they were downsized."""
    dataset = dcmread(dicom_sample(name))
    for field, value in fields.items():
        if value is None:
            del dataset[field]
        else:
            setattr(dataset, field, value)
    if region:
        dataset.SequenceOfUltrasoundRegions = [ultrasound_region(*one) for one in region]
    dataset.save_as(path)
    return path


def ultrasound_region(x0, y0, x1, y1, spatial=1, data=1):
    item = Dataset()
    item.RegionSpatialFormat, item.RegionDataType = spatial, data
    item.RegionLocationMinX0, item.RegionLocationMinY0 = x0, y0
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = x1, y1
    return item


def luma(rgb):
    return rgb @ np.array([0.299, 0.587, 0.114])


def test_frames_of_a_real_multi_frame_ultrasound_as_pillow_decodes_them(tmp_path):
    """YBR_FULL_422, JPEG Baseline, 30 frames, compared with Pillow on the raw JPEG streams."""
    path = changed("examples_ybr_color.dcm", tmp_path / "a.dcm", [(0, 0, 320, 240)], BurnedInAnnotation="NO")
    streams = list(generate_frames(dcmread(path).PixelData, number_of_frames=30))
    for number in (0, 29):
        image = read_image(f"{path}#{number}")
        expected = np.asarray(Image.open(io.BytesIO(streams[number])).convert("RGB"))
        assert image.shape == (240, 320)
        assert np.abs(image - luma(expected)).max() <= 2
    assert (read_image(f"{path}#0") != read_image(f"{path}#29")).mean() > 0.01


def test_a_palette_turns_to_the_greys_of_its_colours(tmp_path):
    """The real sample has a 16-bit palette. The test looks up the colours itself."""
    path = changed("examples_palette.dcm", tmp_path / "a.dcm", [(120, 60, 800, 350)])
    dataset = dcmread(path)
    tables = [
        np.frombuffer(getattr(dataset, f"{c}PaletteColorLookupTableData"), "<u2") for c in ("Red", "Green", "Blue")
    ]
    index = np.frombuffer(dataset.PixelData, np.uint8).reshape(dataset.Rows, dataset.Columns)[60:350, 120:800]
    with pytest.warns(EchoShiftWarning, match=BURNT_IN):
        image = read_image(path)
    assert image.shape == (290, 680)
    assert np.abs(image - luma(np.stack([table[index] >> 8 for table in tables], axis=-1))).max() <= 0.51


def test_grey_is_read_and_inverted_where_dicom_says_so(tmp_path):
    found = changed("image_dfl.dcm", tmp_path / "a.dcm")  # deflated MONOCHROME2
    turned = changed("image_dfl.dcm", tmp_path / "b.dcm", PhotometricInterpretation="MONOCHROME1")
    a, b = open_picture(found).image, open_picture(turned).image
    assert a.shape == (512, 512) and np.ptp(a) > 100
    np.testing.assert_array_equal(a, 255 - b)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("ExplVR_BigEnd.dcm", (60, 80)),
        ("examples_rgb_color.dcm", (240, 320)),
        ("examples_jpeg2k.dcm", (480, 640)),
        ("SC_rgb_rle_2frame.dcm#1", (100, 100)),
        ("SC_rgb_dcmtk_+eb+cy+np.dcm", (100, 100)),
        ("SC_ybr_full_422_uncompressed.dcm", (100, 100)),
    ],
)
def test_other_encodings_give_the_greys_of_pydicoms_colours(name, shape):
    file, _, number = name.partition("#")
    path = dicom_sample(file)
    picture = open_picture(f"{path}#{number}" if number else path)
    assert picture.image.shape == shape and BURNT_IN in picture.warnings
    expected = luma(pixel_array(dcmread(path), index=int(number or 0)))
    assert np.abs(picture.image - expected).max() <= 0.51


def test_the_largest_of_several_regions_is_taken_with_a_warning(tmp_path):
    regions = [(10, 10, 40, 40), (100, 20, 299, 219), (0, 0, 320, 240, 3, 4)]  # the last one is a spectrum
    path = changed("examples_rgb_color.dcm", tmp_path / "a.dcm", regions, BurnedInAnnotation="NO")
    whole = open_picture(changed("examples_rgb_color.dcm", tmp_path / "b.dcm")).image
    with pytest.warns(EchoShiftWarning, match="a.dcm: SequenceOfUltrasoundRegions: found 2 2D tissue regions"):
        image = read_image(path)
    np.testing.assert_array_equal(image, whole[20:220, 100:300])


WRONG = {
    "no selector": (("examples_ybr_color.dcm",), {}, None, "frame: found 30 in the file, expected a number from 0 to 29"),
    "no such frame": (("examples_ybr_color.dcm",), {}, "30", "found #30, expected a number from 0 to 29"),
    "selector of one frame": (("examples_rgb_color.dcm",), {}, "1", "found #1, expected no selector"),
    "region of the image before it was downsized": (
        ("examples_palette.dcm",), {}, None,
        "found a region of columns 120 to 800, rows 60 to 518, expected it inside 800 x 350",
    ),
    "no tissue": (("examples_rgb_color.dcm", [(0, 0, 9, 9, 3, 4)]), {}, None, "found no 2D tissue region, expected one"),
    "tiny region": (("examples_rgb_color.dcm", [(0, 0, 9, 9)]), {}, None, "found 10 x 10 pixels, expected at least"),
    "region inside out": (("examples_rgb_color.dcm", [(50, 0, 40, 9)]), {}, None, "found a region of columns 50 to 40"),
    "7 bits": (("examples_rgb_color.dcm",), {"BitsStored": 7}, None, "BitsStored: found 7, expected 8"),
    "unknown colours": (
        ("examples_rgb_color.dcm",), {"PhotometricInterpretation": "CMYK"}, None, "found CMYK, expected one of MONOCHROME1",
    ),
    "no pixels": (("examples_rgb_color.dcm",), {"PixelData": None}, None, "PixelData: not in the file (modality 'US')"),
    "too few rows": (("examples_rgb_color.dcm",), {"Rows": 400}, None, "not a readable DICOM image"),
    "levels with a sign": (("MR_small.dcm",), {}, None, "PixelRepresentation: found 1, expected 0"),
    "16 bits of a colour": (("examples_rgb_color.dcm",), {"BitsAllocated": 16}, None, "found 16, expected 8 for RGB"),
    "32 bits": (("MR_small.dcm",), {"BitsAllocated": 32}, None, "BitsAllocated: found 32, expected 8 or 16 for MONOCHROME2"),
    "more bits than there are": (("MR_small.dcm",), {"BitsStored": 17}, None, "BitsStored: found 17, expected 8 to 16"),
    "high bit elsewhere": (("MR_small.dcm",), {"HighBit": 11}, None, "HighBit: found 11, expected 15"),
    "JPEG-LS": (("SC_rgb_jls_lossy_line.dcm",), {}, None, "found JPEG-LS Lossy (Near-Lossless)"),
    "lossless JPEG": (("SC_rgb_jpeg_gdcm.dcm",), {}, None, "found JPEG Lossless, Non-Hierarchical"),
    "no image at all": (("rtplan.dcm",), {}, None, "PixelData: not in the file (modality 'RTPLAN')"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_dicom_is_refused_in_one_line(name, tmp_path):
    how, fields, selector, expected = WRONG[name]
    path = changed(how[0], tmp_path / "a.dcm", *how[1:], **fields)
    assert expected in refused(path, selector, read_image)


@pytest.mark.parametrize("keep", [132, 140, 400, 1000, 5000, 100_000])
def test_dicom_cut_off_anywhere_is_refused_in_one_line(keep, tmp_path):
    (tmp_path / "a.dcm").write_bytes(Path(dicom_sample("examples_rgb_color.dcm")).read_bytes()[:keep])
    assert refused(tmp_path / "a.dcm", read=read_image).startswith(": ")


def test_the_transfer_syntaxes_are_named_as_pydicom_names_them():
    for uid, name in TRANSFER_SYNTAXES.items():
        assert UID(uid).name.startswith(name.removesuffix(" Lossless")), name


def test_liver_images_are_chosen_by_patient_and_number(tmp_path):
    images = write_liver(tmp_path / "a.mat")
    for patient, number in ((1, 0), (3, 3)):
        np.testing.assert_array_equal(
            read_image(f"{tmp_path / 'a.mat'}#{patient}/{number}"), images[patient - 1][number]
        )
    about = open_picture(f"{tmp_path / 'a.mat'}#2/1").about
    assert (about["class"], about["fat"]) == ("1", "30")


def write(content):
    return lambda path: path.write_bytes(content)


WRONG_MAT = {
    "no selector": (write_liver, None, "selector: found none, expected #ID/IMAGE after the path, with one of 3 ids (1, 2, 3"),
    "no such patient": (write_liver, "4/0", "selector: found #4/0, expected #ID/IMAGE"),
    "no image": (write_liver, "2", "selector: found #2, expected #2/0 to #2/3"),
    "no such image": (write_liver, "2/4", "selector: found #2/4, expected #2/0 to #2/3"),
    "an image that is text": (write_liver, "2/x", "selector: found #2/x"),
    "another .mat": (lambda p: savemat(p, {"x": 1}), "1/0", "data: found no field 'id', expected a struct array with id"),
    "truncated": (lambda p: (write_liver(p), p.write_bytes(p.read_bytes()[:-300])), "1/0", "not a readable MATLAB file"),
    "header alone": (write(b"MATLAB 5.0 MAT-file".ljust(128)), "1/0", "not a readable MATLAB file"),
    "version 7.3": (write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM"), "1/0", "found a MATLAB 7.3 file, expected MATLAB 5"),
    "one id for all": (lambda p: write_liver(p, id=1), "1/0", "id: found 1 different ids for 3 patients"),
    "text for an id": (lambda p: write_liver(p, id="x"), "1/0", "id of 0: found <U1"),
    "float images": (lambda p: write_liver(p, images=np.zeros((4, 43, 63))), "1/0", "images of 1: found float64 of shape"),
    "one image": (lambda p: write_liver(p, images=np.zeros((43, 63), np.uint8)), "1/0", "expected uint8 (image, z, x)"),
    "fat that is NaN": (lambda p: write_liver(p, fat=np.nan), "1/0", "fat of 1: found float64"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_MAT)
def test_wrong_liver_files_are_refused_in_one_line(name, tmp_path):
    make, selector, expected = WRONG_MAT[name]
    make(tmp_path / "a.mat")
    assert expected in refused(tmp_path / "a.mat", selector, read_image)


@pytest.mark.parametrize("end", ["png", "jpg", "tiff"])
def test_plain_pictures_by_content_and_no_selector_for_them(end, tmp_path):
    ramp = np.tile(np.arange(64, dtype=np.uint8) * 4, (40, 1))
    cv2.imwrite(str(tmp_path / f"a.{end}"), ramp)
    (tmp_path / f"a.{end}").rename(tmp_path / "a")
    picture = open_picture(tmp_path / "a")
    assert np.abs(picture.image.astype(int) - ramp).max() <= 3
    assert picture.format == {"png": "PNG", "jpg": "JPEG", "tiff": "TIFF"}[end]
    assert "found #3, expected no selector: the file holds one" in refused(tmp_path / "a", 3, read_image)


def test_images_round_trip_and_colour_turns_grey(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (40, 50), dtype=np.uint8)
    write_png(tmp_path / "a.png", image, {"beta": 0.9})
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), image)
    assert b'{"beta": 0.9}' in (tmp_path / "a.png").read_bytes()
    cv2.imwrite(str(tmp_path / "c.png"), np.repeat(image[..., None], 3, axis=2))
    np.testing.assert_array_equal(read_image(tmp_path / "c.png"), image)


def png(image):
    return cv2.imencode(".png", image)[1].tobytes()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "found 0 bytes that are not an image"),
        (b"not a PNG", "that are not an image"),
        (png(np.zeros((40, 40), np.uint16)), "found 16 bits per pixel, expected 8"),
        (png(np.zeros((4, 4), np.uint8)), "found 4 x 4 pixels"),
        (
            png(np.random.default_rng(0).integers(0, 256, (90, 90), dtype=np.uint8))[:4000],
            "found a damaged image (image file is tr",
        ),
    ],
    ids=["empty", "text", "16 bits", "tiny", "cut off"],
)
def test_wrong_plain_pictures_are_refused(tmp_path, content, expected):
    (tmp_path / "a.png").write_bytes(content)
    assert expected in refused(tmp_path / "a.png", read=read_image)


def test_a_missing_image_and_a_folder_that_is_not_a_reconstruction_are_refused(tmp_path):
    assert "cannot be read" in refused(tmp_path / "a.png", read=read_image)
    assert "not found, expected a cached reconstruction" in refused(tmp_path, read=read_image)
