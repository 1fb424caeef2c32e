"""One imported image."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from echoshift.geometry import expect
from echoshift.reconstruction.grid import LARGEST_SIDE

SMALLEST_SIDE = 16
"""Fewest rows and columns of an image."""


@dataclass(frozen=True, eq=False)
class Picture:
    """An image and its file's metadata.

    Attributes
    ----------
    image : ndarray, (z, x)
        Grey levels. `open_picture` checks that they have 8 bits.
    format : str
        Name of the file's format.
    about : mapping
        Further facts by name, as text.
    warnings : tuple of str
        Warnings for the user, one line each.
    coloured : ndarray of bool, (z, x), or None
        Pixels that had a colour, whose grey level is no echo; None if there are none.
    pixel_size : (float, float) or None
        Distance between rows and between columns, in metres, if the file gives it.
    face_row : float or None
        Row of depth 0 within `image`, if the file gives it. It may lie outside the image.
    is_lossy : bool
        Whether compression has changed grey levels, so that what was black need not be 0.
    """

    image: np.ndarray
    format: str
    about: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    coloured: np.ndarray | None = None
    pixel_size: tuple[float, float] | None = None
    face_row: float | None = None
    is_lossy: bool = False


def check_size(rows: int, columns: int) -> None:
    """Refuse images too small to show anything, or too large to be worked with."""
    found = f"{rows} x {columns} pixels"
    large_enough = min(rows, columns) >= SMALLEST_SIDE
    expect(large_enough, "size", found, f"at least {SMALLEST_SIDE} x {SMALLEST_SIDE}")
    expect(max(rows, columns) <= LARGEST_SIDE, "size", found, f"at most {LARGEST_SIDE} x {LARGEST_SIDE}")
