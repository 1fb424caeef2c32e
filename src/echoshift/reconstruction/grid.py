"""The Cartesian image grid: pixel centres, and the position of each pixel between lines and samples."""

from dataclasses import dataclass

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.geometry import Geometry

USUAL_SHAPE = (512, 512)
"""Rows and columns unless others are asked for."""

LARGEST_SIDE = 4096
"""Most rows or columns of an image."""

TOLERANCE = 1e-9
"""Distance outside the sector, in steps between samples or lines, up to which a pixel still counts as inside."""


@dataclass(frozen=True, eq=False)
class PixelGrid:
    """Centres of an image's pixels, square but in pictures that were not.

    Attributes
    ----------
    z, x : ndarray, (z,) and (x,)
        In `unit`. z is the depth below the middle of the face, negative above it.
    unit : str
        `m`, or `pixel` for a picture whose pixel size nobody knows.
    """

    z: np.ndarray
    x: np.ndarray
    unit: str = "m"

    @property
    def shape(self) -> tuple[int, int]:
        return self.z.size, self.x.size


@dataclass(frozen=True, eq=False)
class SectorPixels:
    """The sampling position of each pixel inside the sector.

    Attributes
    ----------
    inside : ndarray of intp, (pixel,)
        Flat indices of the pixels inside the sector, row by row.
    line, sample : ndarray of intp, (pixel,)
        The line and the sample before each of these pixels.
    line_weight, sample_weight : ndarray of float64, (pixel,)
        Position between that line (sample) and the next one, 0 to 1.
    """

    inside: np.ndarray
    line: np.ndarray
    sample: np.ndarray
    line_weight: np.ndarray
    sample_weight: np.ndarray

    def mask(self, grid: PixelGrid) -> np.ndarray:
        """The pixels inside the sector: bool (z, x)."""
        mask = np.zeros(grid.shape, dtype=bool)
        mask.flat[self.inside] = True
        return mask

    def neighbours(self, n_samples: int) -> tuple[np.ndarray, np.ndarray]:
        """The four samples around each pixel, as flat indices of an array (line, sample), and their bilinear weights.

        Both have the shape (4, pixel).
        """
        first = self.line * n_samples + self.sample
        of_line, of_sample = (np.stack([1 - weight, weight]) for weight in (self.line_weight, self.sample_weight))
        index = np.stack([first, first + 1, first + n_samples, first + n_samples + 1])
        return index, (of_line[:, None] * of_sample).reshape(4, -1)


def pixel_grid(
    geometry: Geometry, last_depth: float, shape: tuple[int, int] | None = None, pixel: float | None = None
) -> PixelGrid:
    """Square pixels covering the sector's bounding box. Row 0 is at the smallest z, and the columns are centred on the box.

    Parameters
    ----------
    geometry : Geometry
    last_depth : float
        Depth of the last sample below the face, along the line, in metres.
    shape : (int, int), optional
        Rows and columns of the image. The pixel size is then the larger of width/(columns-1) and height/(rows-1).
    pixel : float, optional
        Pixel size in metres, instead of `shape`. The rows and columns then fill the box.
    """
    if (shape is None) == (pixel is None):
        raise EchoShiftError(f"shape and pixel: found {shape} and {pixel}, expected one of them")
    z_min, z_max, x_min, x_max = geometry.bounding_box(last_depth)
    if shape is None:
        if not pixel > 0:
            raise EchoShiftError(f"pixel: found {pixel}, expected metres above 0")
        # The tolerance lets a pixel centre lie on the end of the box despite rounding.
        shape = tuple(int((size / pixel) + TOLERANCE) + 1 for size in (z_max - z_min, x_max - x_min))
        wrong, found = "pixel", f"{pixel:g} m, an image of {shape[0]} x {shape[1]}"
    else:
        shape = tuple(int(n) for n in shape)
        wrong, found = "shape", shape
    if not (min(shape) >= 2 and max(shape) <= LARGEST_SIDE):
        raise EchoShiftError(f"{wrong}: found {found}, expected 2 to {LARGEST_SIDE} rows and columns")
    if pixel is None:
        pixel = max((x_max - x_min) / (shape[1] - 1), (z_max - z_min) / (shape[0] - 1))
    return PixelGrid(
        z_min + pixel * np.arange(shape[0]),
        (x_min + x_max) / 2 + pixel * (np.arange(shape[1]) - (shape[1] - 1) / 2),
    )


def chosen_grid(
    geometry: Geometry,
    last_depth: float,
    shape: tuple[int, int] | None = None,
    pixel: float | None = None,
    grid: PixelGrid | None = None,
) -> PixelGrid:
    """The given grid, or else that of the given shape or pixel size (see `pixel_grid`), or of `USUAL_SHAPE`."""
    if grid is not None:
        return grid
    return pixel_grid(geometry, last_depth, USUAL_SHAPE if shape is None and pixel is None else shape, pixel)


def sector_pixels(geometry: Geometry, depths: np.ndarray, grid: PixelGrid) -> SectorPixels:
    """Locate each pixel between the lines and the samples at evenly spaced depths below the face (sample,), in metres."""
    line, depth = geometry.locate(*np.meshgrid(grid.z, grid.x, indexing="ij"))
    sample = (depth - depths[0]) / (depths[1] - depths[0])
    inside = np.flatnonzero(within(sample, depths.size) & within(line, geometry.n_lines))
    before_sample, sample_weight = split(sample.ravel()[inside], depths.size)
    before_line, line_weight = split(line.ravel()[inside], geometry.n_lines)
    return SectorPixels(inside, before_line, before_sample, line_weight, sample_weight)


def within(position: np.ndarray, n: int) -> np.ndarray:
    """Whether fractional indices lie from the first to the last of n."""
    return (position >= -TOLERANCE) & (position <= n - 1 + TOLERANCE)


def split(position: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The index before each fractional index of n, and the fraction towards the next one."""
    position = np.clip(position, 0, n - 1)
    before = np.minimum(position.astype(np.intp), n - 2)
    return before, position - before


def inside_polygon(polygon: np.ndarray, z: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Mask of the pixel centres inside a polygon of (x, z) vertices, bool (z, x), by the even-odd rule."""
    inside = np.zeros((z.size, x.size), dtype=bool)
    for (x1, z1), (x2, z2) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        rows = (z1 > z) != (z2 > z)
        # Where the edge crosses each row that it spans. Each pixel left of the crossing changes sides.
        crossing = x1 + (z[rows] - z1) / (z2 - z1) * (x2 - x1)
        inside[rows] ^= x[None, :] < crossing[:, None]
    return inside
