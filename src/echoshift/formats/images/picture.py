"""One imported image."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


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
    pixel_size : (float, float) or None
        Distance of neighbouring rows and of neighbouring columns, in metres, if the file says.
    face_row : float or None
        Row where depth begins, if the file says.
    coloured : ndarray of bool, (z, x), or None
        Coloured pixels, if there are any.
    """

    image: np.ndarray
    format: str
    about: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    pixel_size: tuple[float, float] | None = None
    face_row: float | None = None
    coloured: np.ndarray | None = None
