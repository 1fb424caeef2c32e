"""Frames of grey levels, as pictures or still on their lines, whose settings after detection can be moved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from echoshift.frame import Acquisition, checked_lines
from echoshift.geometry import expect

BLACK, WHITE = 0, 255
"""Grey levels that are bounds: what lies below the window is black, what lies above is white."""

LARGEST_PIXEL = 0.01
"""Largest plausible pixel, in metres. A larger one is probably in millimetres."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """The settings that grey levels were made with.

    Attributes
    ----------
    alpha_l, alpha_u : float
        Levels shown as 0 and 255, in decibels.
    beta : float
        Attenuation compensation, in dB/(cm MHz). Only differences from it matter.
    """

    alpha_l: float
    alpha_u: float
    beta: float = 0.0

    def __post_init__(self) -> None:
        finite = np.isfinite([self.alpha_l, self.alpha_u, self.beta]).all()
        expect(finite and self.alpha_l < self.alpha_u, "window",
               f"alpha_l {self.alpha_l:g} and alpha_u {self.alpha_u:g} dB", "alpha_l below alpha_u")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Face:
    """Where depth begins in a picture, in pixels from the centre of the first pixel. Depth runs away from the face.

    Attributes
    ----------
    row : float
        Row of the face, in its middle.
    column : float or None
        Column of the middle of a round face. None: the face is flat and depth runs downwards.
    radius : float
        Distance from the apex to a round face, in pixels along a column; 0 for a phased array.
    """

    row: float
    column: float | None = None
    radius: float = 0.0

    def __post_init__(self) -> None:
        expect(np.isfinite(self.row), "face row", self.row, "a finite number")
        if self.column is not None:
            expect(np.isfinite(self.column), "face column", self.column, "a finite number")
            expect(0 <= self.radius < np.inf, "face radius", self.radius, "0 or more pixels")

    def depths(self, shape: tuple[int, int], aspect: float = 1.0) -> np.ndarray:
        """Depth of each pixel, in pixels along a column: float64 (z, x). `aspect` is a pixel's width over its height."""
        row, column = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
        if self.column is None:
            return row - self.row
        return np.hypot(row - self.row + self.radius, (column - self.column) * aspect) - self.radius


@dataclass(frozen=True, eq=False)
class GreyLinesFrame(Acquisition):
    """Lines of grey levels, compressed by the scanner but not yet converted to a picture.

    Attributes
    ----------
    grey : ndarray of uint8, (line, sample)
    window : Window
        The settings that they were made with.
    """

    VALUES: ClassVar[str] = "grey"

    grey: np.ndarray = field(kw_only=False)
    window: Window = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        expect(
            self.applied_gain is None, "applied_gain", "one for grey levels", "none: their window says what they show"
        )
        expect(self.reference_level == 0, "reference_level", f"{self.reference_level:g} dB for grey levels", "0")
        expect(self.grey.dtype == np.uint8, "grey", f"type {self.grey.dtype}", "uint8")
        checked_lines(self.grey, "grey", self.geometry.n_lines)


@dataclass(frozen=True, eq=False, kw_only=True)
class BModeFrame:
    """A log-compressed picture and what it was made with.

    Attributes
    ----------
    image : ndarray of uint8, (z, x)
        The picture as recorded, also outside the sector.
    sector : ndarray of bool, (z, x)
        Pixels that show echoes.
    window : Window
        The settings that it was made with.
    center_frequency : float or None
        In hertz; None if unknown.
    pixel_size : (float, float) or None
        Distance of neighbouring rows and of neighbouring columns, in metres; None if unknown.
    face : Face or None
        Where depth begins; None if unknown: at the sector's first row.
    keep_outside : bool
        Leave what lies outside the sector as it is. Otherwise it is black.
    metadata : mapping
        Further facts, as JSON values.
    """

    image: np.ndarray
    sector: np.ndarray
    window: Window
    center_frequency: float | None = None
    pixel_size: tuple[float, float] | None = None
    face: Face | None = None
    keep_outside: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        image, sector = np.ascontiguousarray(self.image), np.ascontiguousarray(self.sector)
        is_picture = image.ndim == 2 and image.dtype == np.uint8 and min(image.shape) >= 2
        expect(is_picture, "image", f"{image.dtype} of shape {image.shape}", "uint8 (z, x)")
        is_mask = sector.shape == image.shape and sector.dtype == bool
        expect(is_mask, "sector", f"{sector.dtype} of shape {sector.shape}", f"bool of shape {image.shape}")
        expect(sector.any(), "sector", "no pixel", "some")
        if self.pixel_size is not None:
            size = tuple(map(float, self.pixel_size))
            plausible = all(0 < one <= LARGEST_PIXEL for one in size)
            expect(plausible, "pixel_size", size, f"above 0 and at most {LARGEST_PIXEL:g} m (not millimetres)")
            object.__setattr__(self, "pixel_size", size)
        object.__setattr__(self, "image", image)
        object.__setattr__(self, "sector", sector)

    @property
    def origin(self) -> Face:
        """The face, or a flat one at the sector's first row if it is unknown."""
        return self.face or Face(row=float(np.flatnonzero(self.sector.any(axis=1))[0]))

    def depths(self) -> np.ndarray:
        """Depth of each pixel of the sector below the face, in metres, or in pixels if their size is unknown: (pixel,)."""
        height, width = self.pixel_size or (1.0, 1.0)
        return self.origin.depths(self.image.shape, width / height)[self.sector] * height
