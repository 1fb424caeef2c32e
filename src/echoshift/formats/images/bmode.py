"""A picture as a B-mode frame: its sector, its window and where depth begins."""

import warnings
from pathlib import Path

import numpy as np

from echoshift.bmode import BModeFrame, Face, Window
from echoshift.errors import EchoShiftError, EchoShiftWarning
from echoshift.formats.images import open_picture, plain
from echoshift.formats.images.picture import Picture
from echoshift.formats.images.sector import find_sector
from echoshift.formats.location import located
from echoshift.formats.made_with import FlatFace, MadeWith, Outline, RoundFace
from echoshift.geometry import expect
from echoshift.reconstruction.grid import LARGEST_SIDE

SAME_SIZE = 0.02
"""Largest relative difference between a file's pixel size and a declared one that is no contradiction."""
FEWEST_PIXELS = 100
"""Least pixels of a sector that is given as a polygon or a mask."""
MOST_BEHIND = 0.05
"""Largest share of the sector that may lie behind the face: its outline is not known to the pixel."""


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
    pixel_size = _pixel_size(made_with.pixel_size, picture.pixel_size)
    sector = outlined(picture, made_with.sector)
    if made_with.mask_coloured and picture.coloured is not None:
        sector = sector & ~picture.coloured
    frame = BModeFrame(
        image=picture.image,
        sector=sector,
        window=Window(alpha_l=window[0], alpha_u=window[1], beta=made_with.beta or 0.0),
        center_frequency=made_with.center_frequency,
        pixel_size=pixel_size,
        face=_face(made_with.geometry, picture, pixel_size),
        keep_outside=made_with.keep_outside,
        metadata={"source": name, "format": picture.format},
    )
    if made_with.geometry is not None:
        _check_face(frame)
    return frame


def _check_face(frame: BModeFrame) -> None:
    """Check that the sector lies before the face, and the middle of the face within the picture's columns."""
    behind = float((frame.depths() < 0).mean())
    expect(behind <= MOST_BEHIND, "geometry", f"{100 * behind:.0f} % of the sector behind the face",
           "a face above the sector (rows and columns in pixels; an apex above the picture has a negative row)")  # fmt: skip
    column, n_columns = frame.face.column, frame.image.shape[1]
    expect(column is None or 0 <= column <= n_columns - 1, "geometry.apex", f"column {column} of {n_columns}",
           "[row, column] with the column inside the picture")  # fmt: skip


def outlined(picture: Picture, outline: Outline | None) -> np.ndarray:
    """The sector of a picture, bool (z, x): a polygon, a mask, or the one that is found."""
    if outline is None:
        return find_sector(picture.image, picture.is_lossy)
    image = picture.image
    if outline.polygon is not None:
        import cv2

        corners = np.clip(np.round([(column, row) for row, column in outline.polygon]), -LARGEST_SIDE, 2 * LARGEST_SIDE)
        corners = corners.astype(np.int32)
        sector = np.zeros(image.shape, dtype=np.uint8)
        cv2.fillPoly(sector, [corners], 1)
        return _large_enough(sector.astype(bool), "sector.polygon", "rows and columns in pixels")
    sector = _mask(outline.mask)
    found, expected = (f"{rows} x {columns} pixels" for rows, columns in (sector.shape, image.shape))
    expect(sector.shape == image.shape, "sector.mask", found, f"{expected} as in the picture")
    return _large_enough(sector, "sector.mask", "a picture that is white inside the sector")


def _mask(path: str) -> np.ndarray:
    try:
        return plain.read(Path(path), None).image > 127
    except OSError as error:
        raise EchoShiftError(f"sector.mask: {path}: cannot be read ({error.strerror}), expected a picture") from None
    except EchoShiftError as error:
        raise EchoShiftError(f"sector.mask: {path}: {error}") from None


def _large_enough(sector: np.ndarray, field: str, expected: str) -> np.ndarray:
    n_pixels = int(sector.sum())
    expect(
        n_pixels >= FEWEST_PIXELS,
        field,
        f"{n_pixels} pixels inside the picture",
        f"at least {FEWEST_PIXELS}: {expected}",
    )
    return sector


def _pixel_size(
    declared: float | tuple[float, float] | None, found: tuple[float, float] | None
) -> tuple[float, float] | None:
    """Size of the pixels as declared, or else as in the file. They must not contradict each other."""
    if declared is None:
        return found
    declared = declared if isinstance(declared, tuple) else (declared, declared)
    agrees = found is None or np.allclose(declared, found, rtol=SAME_SIZE, atol=0)
    expect(agrees, "pixel_size", f"{declared} m declared", f"{found} m as in the file")
    return declared


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
