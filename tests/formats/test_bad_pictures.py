"""Pictures that cannot be used are refused in one line; coloured pixels of plain pictures are counted."""

import time
import zlib

import cv2
import numpy as np
import pytest
from dicom_files import write_dicom
from refusals import refused

from echoshift.formats.images import open_picture

RAMP = np.tile(np.arange(160, dtype=np.uint8), (120, 1))
SPECKLE = np.random.default_rng(0).integers(0, 256, (120, 160), dtype=np.uint8)
ENDS = ("png", "jpg", "tiff")


def huge_png(rows, columns):
    """A valid PNG of one grey level, made without the picture."""

    def chunk(name, data):
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    packer = zlib.compressobj(1)
    lines = b"".join(packer.compress(bytes(columns + 1)) for _ in range(rows)) + packer.flush()
    header = columns.to_bytes(4, "big") + rows.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def with_size(content, rows, columns):
    """A JPEG whose header (start of frame 0) gives another size."""
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + rows.to_bytes(2, "big") + columns.to_bytes(2, "big") + content[at + 4 :]


def encoded(end, image, *options):
    return cv2.imencode(f".{end}", image, list(options))[1].tobytes()


@pytest.mark.parametrize("size", [(20_000, 20_000), (5_000, 100)])
@pytest.mark.parametrize("kind", ["png", "jpg", "dcm"])
def test_too_large_pictures_are_refused_by_their_header(kind, size, tmp_path):
    path = tmp_path / f"a.{kind}"
    if kind == "dcm":
        write_dicom(path, RAMP, Rows=size[0], Columns=size[1])
    else:
        path.write_bytes(huge_png(*size) if kind == "png" else with_size(encoded("jpg", RAMP), *size))
    before = time.process_time()
    message = refused(path, read=open_picture)
    assert time.process_time() - before < 1
    found = "more than 178,956,970" if size[1] == 20_000 and kind != "dcm" else f"{size[0]} x {size[1]}"
    assert message == f": size: found {found} pixels, expected at most 4096 x 4096"


@pytest.mark.parametrize("end", ENDS)
def test_one_pixel_and_one_grey_level_are_refused(end, tmp_path):
    (tmp_path / "a").write_bytes(encoded(end, RAMP[:1, :1]))
    assert "size: found 1 x 1 pixels, expected at least 16 x 16" in refused(tmp_path / "a", read=open_picture)
    (tmp_path / "b").write_bytes(encoded(end, np.full((40, 50), 128, np.uint8)))
    assert "found grey level 128 everywhere" in refused(tmp_path / "b", read=open_picture)


def test_one_grey_level_of_a_dicom_is_refused(tmp_path):
    path = write_dicom(tmp_path / "a.dcm", np.full((40, 50), 7, np.uint8))
    assert "found grey level 7 everywhere" in refused(path, read=open_picture)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("end", ENDS)
def test_cut_files_are_refused_rather_than_filled_up(end, share, tmp_path):
    content = encoded(end, SPECKLE)
    (tmp_path / "a").write_bytes(content[: int(share * len(content))])
    message = refused(tmp_path / "a", read=open_picture)
    assert "found a damaged image" in message or "bytes that are not an image" in message


def colours():
    """Grey in three channels, and the same with a square in which one channel differs by 9, and one by 8."""
    grey = np.repeat(RAMP[..., None], 3, axis=2)
    drawn = grey.copy()
    drawn[10:30, 20:60, 2] += 9
    drawn[50:70, 20:60, 0] += 8
    return grey, drawn


@pytest.mark.parametrize("end", ["png", "tiff"])
def test_coloured_pixels_are_counted_and_equal_channels_are_grey_without_a_word(end, tmp_path):
    grey, drawn = colours()
    for name, image in (("grey", grey), ("drawn", drawn)):
        (tmp_path / name).write_bytes(encoded(end, image))
    same = open_picture(tmp_path / "grey")
    assert same.coloured is None and same.warnings == ()
    np.testing.assert_array_equal(same.image, RAMP)
    picture = open_picture(tmp_path / "drawn")
    marked = np.zeros(RAMP.shape, bool)
    marked[10:30, 20:60] = True
    np.testing.assert_array_equal(picture.coloured, marked)
    assert picture.warnings[0].startswith("800 coloured pixels (4.2% of the image)")


@pytest.mark.parametrize("quality", [90, 50, 10])
def test_a_grey_picture_saved_as_colour_jpeg_has_no_coloured_pixels(quality, tmp_path):
    speckle = np.repeat(SPECKLE[..., None], 3, axis=2)
    (tmp_path / "a").write_bytes(encoded("jpg", speckle, cv2.IMWRITE_JPEG_QUALITY, quality))
    assert open_picture(tmp_path / "a").coloured is None
    speckle[40:80, 40:80] = (30, 30, 200)
    (tmp_path / "a").write_bytes(encoded("jpg", speckle, cv2.IMWRITE_JPEG_QUALITY, quality))
    coloured = open_picture(tmp_path / "a").coloured
    assert coloured[42:78, 42:78].all() and not coloured[:30].any()
