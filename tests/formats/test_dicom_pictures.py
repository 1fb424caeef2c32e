"""DICOM pictures with more than 8 bits, with colours and with a scale."""

import numpy as np
import pytest
from dicom_files import write_dicom

from echoshift.formats.images import open_picture

GREY = np.arange(120 * 160, dtype=np.uint32).reshape(120, 160)


@pytest.mark.parametrize("stored", range(8, 17))
def test_the_upper_8_bits_of_those_stored_are_the_grey_levels(stored, tmp_path):
    values = GREY * 37 % 2**stored
    picture = open_picture(write_dicom(tmp_path / "a.dcm", values.astype("<u2"), stored))
    assert picture.image.dtype == np.uint8 and picture.warnings == () and picture.coloured is None
    np.testing.assert_array_equal(picture.image, values // 2 ** (stored - 8))
    assert np.ptp(picture.image) == 255


def test_twelve_bits_may_be_inverted_and_an_overlay_in_the_unused_bits_is_no_grey_level(tmp_path):
    values = GREY % 4096
    with_overlay = (values | 0x8000 * (GREY % 3 == 0)).astype("<u2")
    picture = open_picture(write_dicom(tmp_path / "a.dcm", with_overlay, 12, "MONOCHROME1"))
    np.testing.assert_array_equal(picture.image, 255 - values // 16)


def test_coloured_pixels_of_the_region_are_marked_and_counted(tmp_path):
    pixels = np.repeat((GREY[..., None] % 200).astype(np.uint8), 3, axis=2)
    pixels[40:70, 60:100] = (200, 20, 20)
    pixels[:5] = (20, 200, 20)  # outside the region
    region = {"box": (10, 20, 149, 119)}
    picture = open_picture(write_dicom(tmp_path / "a.dcm", pixels, regions=[region]))
    marked = np.zeros((100, 140), bool)
    marked[20:50, 50:90] = True
    np.testing.assert_array_equal(picture.coloured, marked)
    assert picture.warnings[0].startswith("1,200 coloured pixels (8.6% of the image)")
    pixels[40:70, 60:100] = 100
    clean = open_picture(write_dicom(tmp_path / "b.dcm", pixels, regions=[region]))
    assert clean.coloured is None and clean.warnings == ()


SCALE = {
    "box": (10, 20, 149, 119), "PhysicalUnitsXDirection": 3, "PhysicalUnitsYDirection": 3,
    "PhysicalDeltaX": 0.05, "PhysicalDeltaY": 0.04, "ReferencePixelX0": 70, "ReferencePixelY0": 12,
    "ReferencePixelPhysicalValueX": 0.0, "ReferencePixelPhysicalValueY": 0.2,
}  # fmt: skip


def scaled(path, **fields):
    return open_picture(write_dicom(path, (GREY % 256).astype(np.uint8), regions=[SCALE | fields]))


def test_a_region_gives_pixel_size_and_the_row_of_depth_0(tmp_path):
    """Row 12 of the region is 2 mm deep and rows are 0.4 mm apart, so depth 0 is 5 rows above it."""
    picture = scaled(tmp_path / "a.dcm")
    assert picture.pixel_size == pytest.approx((4e-4, 5e-4)) and picture.face_row == pytest.approx(7)
    np.testing.assert_array_equal(picture.image, GREY[20:120, 10:150] % 256)
    assert picture.about["pixel size"] == "0.4 mm between rows, 0.5 mm between columns"
    assert picture.about["depth 0"] == "row 7"
    above = scaled(tmp_path / "b.dcm", ReferencePixelY0=-8, ReferencePixelPhysicalValueY=0.0)
    assert above.face_row == -8


def test_what_a_region_does_not_say_is_not_known(tmp_path):
    assert scaled(tmp_path / "a.dcm", ReferencePixelY0=None).face_row is None
    assert scaled(tmp_path / "a.dcm", ReferencePixelPhysicalValueY=None).face_row is None
    seconds = scaled(tmp_path / "a.dcm", PhysicalUnitsXDirection=4)
    assert seconds.pixel_size is None and seconds.face_row is None and seconds.warnings == ()
    without = open_picture(write_dicom(tmp_path / "b.dcm", (GREY % 256).astype(np.uint8)))
    assert without.pixel_size is None and without.face_row is None and without.image.shape == GREY.shape


@pytest.mark.parametrize("wrong", [0.0, -0.05, np.nan, 5.0])
def test_an_impossible_pixel_size_is_not_taken_and_warned_about(wrong, tmp_path):
    picture = scaled(tmp_path / "a.dcm", PhysicalDeltaY=wrong)
    assert picture.pixel_size is None and picture.face_row is None
    assert "PhysicalDelta: found" in picture.warnings[0]
