"""Readers of 8-bit images, for the first cohort and cached reconstructions. The file's content selects the reader."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np

from echoshift.errors import EchoShiftError, EchoShiftWarning
from echoshift.formats.images import dicom, liver_mat, plain
from echoshift.formats.images.picture import Picture, check_size
from echoshift.formats.location import located
from echoshift.formats.signature import head_of, is_dicom


def read_image(path: str | Path) -> np.ndarray:
    """Read an image as grey levels.

    Parameters
    ----------
    path : path
        A PNG, JPEG or TIFF file of 8 bits, a DICOM file (colour is converted to grey), a `.mat` file of the public liver images, or
        the folder of a cached reconstruction. `FILE#SELECTOR` selects one of several images: a frame number for DICOM,
        `ID/IMAGE` for `.mat`. Numbers count from 0, but patient ids are as in the file.

    Returns
    -------
    ndarray of uint8, (z, x)

    Warns
    -----
    EchoShiftWarning
        About possible problems, such as text or coloured pixels in the image.
    """
    if Path(path).is_dir():
        from echoshift.reconstruction.cache import read_reconstruction

        return read_reconstruction(path).image
    return read_picture(path).image


def read_picture(path: str | Path) -> Picture:
    """Read an image file with its metadata, and warn about possible problems as `read_image` does."""
    picture = open_picture(path)
    for warning in picture.warnings:
        warnings.warn(f"{path}: {warning}", EchoShiftWarning, stacklevel=3)
    return picture


def open_picture(path: str | Path) -> Picture:
    """Read an image file with its metadata. Parameters and errors are as for `read_image`."""
    file, selector = located(path)
    try:
        head = head_of(file)
    except OSError as error:
        raise EchoShiftError(f"{file}: cannot be read ({error.strerror}), expected an image") from None
    read = plain.read
    if is_dicom(head):
        read = dicom.read
    elif head.startswith(b"MATLAB"):
        read = liver_mat.read
    try:
        picture = read(file, selector)
        image = picture.image
        if image.dtype != np.uint8:
            raise EchoShiftError(f"found {image.dtype.itemsize * 8} bits per pixel, expected 8")
        check_size(*image.shape)
        if image.min() == image.max():
            raise EchoShiftError(f"found grey level {image.min()} everywhere, expected an image")
    except EchoShiftError as error:
        raise EchoShiftError(f"{path}: {error}") from None
    if picture.coloured is None:
        return picture
    count, share = np.count_nonzero(picture.coloured), np.mean(picture.coloured)
    warning = f"{count:,} coloured pixels ({share:.1%} of the image) became grey levels, which are no echoes"
    return replace(picture, warnings=(*picture.warnings, warning))
