"""The Cartesian picture of a sector: pixel centres and where each pixel lies between the lines and samples."""

from dataclasses import dataclass

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.frame import ConvexGeometry

LARGEST_SIDE = 4096
"""Rows or columns of a picture at most."""

TOLERANCE = 1e-9
"""How far outside the sector a pixel may lie, in steps between samples or lines, and still count as inside."""


@dataclass(frozen=True, eq=False)
class SectorGrid:
    """Pixel centres of the picture, and the sampling position of each pixel inside the sector.

    Attributes
    ----------
    z, x : ndarray, (z,) and (x,)
        Pixel centres in metres; z is depth below the middle of the face, negative above it.
    inside : ndarray of intp, (pixel,)
        Flat indices of the pixels inside the sector, row by row.
    line, sample : ndarray of intp, (pixel,)
        The line and the sample before each of those pixels.
    line_weight, sample_weight : ndarray of float64, (pixel,)
        Position between that line (sample) and the next one, 0 to 1.
    """

    z: np.ndarray
    x: np.ndarray
    inside: np.ndarray
    line: np.ndarray
    sample: np.ndarray
    line_weight: np.ndarray
    sample_weight: np.ndarray


def bounding_box(geometry: ConvexGeometry, last_depth: float) -> tuple[float, float, float, float]:
    """Smallest box around the sector from the face to the last sample.

    Parameters
    ----------
    geometry : ConvexGeometry
    last_depth : float
        Depth of the last sample below the face, along the line, in metres.

    Returns
    -------
    z_min, z_max, x_min, x_max : float
        In metres.
    """
    first, last = geometry.angles[0], geometry.angles[-1]
    # A circle's extremes lie at multiples of 90 degrees, or else at the outermost lines.
    turns = np.array([-np.pi / 2, 0.0, np.pi / 2])
    angles = np.concatenate([[first, last], turns[(turns > first) & (turns < last)]])
    radii = np.array([[geometry.apex_radius], [geometry.apex_radius + last_depth]])
    z = radii * np.cos(angles) - geometry.apex_radius
    x = radii * np.sin(angles)
    return float(z.min()), float(z.max()), float(x.min()), float(x.max())


def sector_grid(geometry: ConvexGeometry, depths: np.ndarray, shape: tuple[int, int]) -> SectorGrid:
    """Lay square pixels over the sector and locate each of them between the lines and samples.

    Parameters
    ----------
    geometry : ConvexGeometry
    depths : ndarray, (sample,)
        Evenly spaced depths of the samples below the face, in metres.
    shape : (int, int)
        Rows and columns of the picture. The pixel is the larger of width/(columns-1) and height/(rows-1) of the
        sector's bounding box; row 0 lies at the smallest z, the columns are centred on the box.

    Returns
    -------
    SectorGrid
    """
    n_rows, n_columns = (int(n) for n in shape)
    if not (min(n_rows, n_columns) >= 2 and max(n_rows, n_columns) <= LARGEST_SIDE):
        raise EchoShiftError(f"shape: found {tuple(shape)}, expected 2 to {LARGEST_SIDE} rows and columns")
    z_min, z_max, x_min, x_max = bounding_box(geometry, depths[-1])
    pixel = max((x_max - x_min) / (n_columns - 1), (z_max - z_min) / (n_rows - 1))
    z = z_min + pixel * np.arange(n_rows)
    x = (x_min + x_max) / 2 + pixel * (np.arange(n_columns) - (n_columns - 1) / 2)

    down, across = np.meshgrid(z + geometry.apex_radius, x, indexing="ij")
    depth_step = depths[1] - depths[0]
    sample = (np.hypot(down, across) - geometry.apex_radius - depths[0]) / depth_step
    line = line_position(geometry.angles, np.arctan2(across, down))
    n_lines, n_samples = geometry.angles.size, depths.size
    within = (sample >= -TOLERANCE) & (sample <= n_samples - 1 + TOLERANCE)
    within &= (line >= -TOLERANCE) & (line <= n_lines - 1 + TOLERANCE)
    inside = np.flatnonzero(within)
    before_sample, sample_weight = _split(sample.ravel()[inside], n_samples)
    before_line, line_weight = _split(line.ravel()[inside], n_lines)
    return SectorGrid(z, x, inside, before_line, before_sample, line_weight, sample_weight)


def line_position(angles: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Position of an angle among the lines: i + w between line i and line i+1, beyond the ends extrapolated.

    Parameters
    ----------
    angles : ndarray, (line,)
        Increasing angles of the lines, evenly spaced or not, in radians.
    angle : ndarray, any shape
        In radians.

    Returns
    -------
    ndarray of float64, the shape of `angle`
    """
    before = np.clip(np.searchsorted(angles, angle, side="right") - 1, 0, angles.size - 2)
    return before + (angle - angles[before]) / (angles[before + 1] - angles[before])


def _split(position: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    position = np.clip(position, 0, n - 1)
    before = np.minimum(position.astype(np.intp), n - 2)
    return before, position - before
