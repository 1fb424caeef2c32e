"""8-bit images: of the first cohort, and of cached reconstructions. One importer a file; the content decides which."""

import warnings
from pathlib import Path

import numpy as np

from echoshift.errors import EchoShiftError, EchoShiftWarning
from echoshift.formats.images.picture import Picture
from echoshift.formats.location import located

SMALLEST = 16
"""Rows and columns of a picture at least."""


def read_image(path: str | Path) -> np.ndarray:
    """Read an image in grey levels.

    Parameters
    ----------
    path : path
        A PNG, JPEG, TIFF or DICOM file of 8 bits (colour is turned to grey), a `.mat` of the public liver images, or the
        folder of a cached reconstruction. `FILE#SELECTOR` chooses one image of several: a DICOM's frame, `ID/IMAGE` of
        a `.mat`, all counted from 0 but the patients' ids.

    Returns
    -------
    ndarray of uint8, (z, x)

    Warns
    -----
    EchoShiftWarning
        Of what the file leaves open, such as text in the picture.
    """
    if Path(path).is_dir():
        from echoshift.reconstruction.cache import read_reconstruction

        return read_reconstruction(path).image
    picture = open_picture(path)
    for warning in picture.warnings:
        warnings.warn(f"{path}: {warning}", EchoShiftWarning, stacklevel=2)
    return picture.image


def open_picture(path: str | Path) -> Picture:
    """Read an image file with what it says of itself; parameters and errors as for `read_image`."""
    file, selector = located(path)
    try:
        with file.open("rb") as opened:
            head = opened.read(512)
    except OSError as error:
        raise EchoShiftError(f"{file}: cannot be read ({error.strerror}), expected an image") from None
    try:
        picture = _read(file, head, selector)
        image = picture.image
        if image.dtype != np.uint8:
            raise EchoShiftError(f"found {image.dtype.itemsize * 8} bits a pixel, expected 8")
        if min(image.shape) < SMALLEST:
            raise EchoShiftError(
                f"found {image.shape[0]} x {image.shape[1]} pixels, expected at least {SMALLEST} x {SMALLEST}"
            )
    except EchoShiftError as error:
        raise EchoShiftError(f"{path}: {error}") from None
    return picture


def _read(file: Path, head: bytes, selector: str | None) -> Picture:
    if head[128:132] == b"DICM":
        from echoshift.formats.images import dicom

        return dicom.read(file, selector)
    if head.startswith(b"MATLAB"):
        from echoshift.formats.images import liver_mat

        return liver_mat.read(file, selector)
    from echoshift.formats.images import plain

    return plain.read(file, selector)


def is_picture(path: str | Path) -> bool:
    """Whether a file begins like a PNG, JPEG, TIFF or DICOM."""
    marks = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*")
    try:
        with located(path)[0].open("rb") as opened:
            head = opened.read(132)
    except OSError:
        return False
    return head.startswith(marks) or head[128:] == b"DICM"
