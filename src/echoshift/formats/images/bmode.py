"""A picture as a B-mode frame: its sector, its window and where depth begins."""

import warnings
from pathlib import Path

import numpy as np

from echoshift.bmode import BModeFrame, Face, Window
from echoshift.errors import EchoShiftError, EchoShiftWarning
from echoshift.formats.images import open_picture
from echoshift.formats.images.picture import Picture
from echoshift.formats.images.sector import find_sector
from echoshift.formats.location import located
from echoshift.formats.made_with import FlatFace, MadeWith, Outline, RoundFace
from echoshift.geometry import expect


def open_bmode(path: str | Path, made_with: MadeWith) -> BModeFrame:
    """Read a picture whose settings are to be moved.

    Parameters
    ----------
    path : path
        As for `open_picture`.
    made_with : MadeWith
        With a window.

    Raises
    ------
    EchoShiftError
        One line with the file, the field, what was found and what was expected.

    Warns
    -----
    EchoShiftWarning
        About possible problems, such as colours or depth counted in rows.
    """
    picture = open_picture(path)
    try:
        frame = _frame(picture, made_with, located(path)[0].name)
    except EchoShiftError as error:
        raise EchoShiftError(f"{path}: {error}") from None
    notices = list(picture.warnings)
    if made_with.geometry is None:
        start = "the sector's first row" if picture.face_row is None else "the row that the file gives"
        notices.append(f"geometry: found none, so depth runs downwards from {start}")
    for notice in notices:
        warnings.warn(f"{path}: {notice}", EchoShiftWarning, stacklevel=2)
    return frame


def _frame(picture: Picture, made_with: MadeWith, name: str) -> BModeFrame:
    window = made_with.window
    expect(window is not None, "window", "nothing that says which levels are black and white",
           "alpha_l and alpha_u, dynamic_range, or assume: {dynamic_range: 60}")  # fmt: skip
    size = made_with.pixel_size
    pixel_size = picture.pixel_size if size is None else size if isinstance(size, tuple) else (size, size)
    sector = outlined(picture, made_with.sector)
    if made_with.mask_coloured and picture.coloured is not None:
        sector = sector & ~picture.coloured
    return BModeFrame(
        image=picture.image,
        sector=sector,
        window=Window(alpha_l=window[0], alpha_u=window[1], beta=made_with.beta or 0.0),
        center_frequency=made_with.center_frequency,
        pixel_size=pixel_size,
        face=_face(made_with.geometry, picture, pixel_size),
        keep_outside=made_with.keep_outside,
        metadata={"source": name, "format": picture.format},
    )


def outlined(picture: Picture, outline: Outline | None) -> np.ndarray:
    """The sector of a picture, bool (z, x): a polygon, a mask, or the one that is found."""
    if outline is None:
        return find_sector(picture.image, picture.is_lossy)
    image = picture.image
    if outline.polygon is not None:
        import cv2

        corners = np.round([(column, row) for row, column in outline.polygon]).astype(np.int32)
        sector = np.zeros(image.shape, dtype=np.uint8)
        cv2.fillPoly(sector, [corners], 1)
        expect(sector.any(), "sector.polygon", "no pixel inside the picture", "rows and columns, in pixels")
        return sector.astype(bool)
    sector = open_picture(outline.mask).image > 0
    found = " x ".join(map(str, sector.shape))
    expect(
        sector.shape == image.shape,
        "sector.mask",
        found,
        f"{image.shape[0]} x {image.shape[1]} pixels as in the picture",
    )
    expect(sector.any(), "sector.mask", "black everywhere", "some pixels that are not black")
    return sector


def _face(
    geometry: FlatFace | RoundFace | None, picture: Picture, pixel_size: tuple[float, float] | None
) -> Face | None:
    if geometry is None:
        return None if picture.face_row is None else Face(row=picture.face_row)
    if geometry.unit == "m":
        expect(pixel_size is not None, "geometry.unit", "m without pixel_size", "pixel_size as well, or pixels")
    height, width = pixel_size if geometry.unit == "m" else (1.0, 1.0)
    if isinstance(geometry, FlatFace):
        return Face(row=geometry.face / height)
    radius = geometry.radius / height
    return Face(row=geometry.apex[0] / height + radius, column=geometry.apex[1] / width, radius=radius)
