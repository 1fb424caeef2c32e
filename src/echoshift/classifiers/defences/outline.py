"""Depth of each pixel, from a picture alone: the outline shows whether the scan's lines spread, and from where."""

from functools import lru_cache

import numpy as np

SPREAD = 0.05
"""Columns per row that a side moves outwards at least. Otherwise it is upright, and between two of those depth is the row."""

OUTSIDE = -1


def depth_in_pixels(image: np.ndarray) -> np.ndarray:
    """Depth of each pixel inside the sector, along the line from the sector's first pixel.

    The sector lies between two straight sides, which are fitted to the outermost pixels that are not black. Where the sides
    spread, the lines meet at the apex where the sides do, and depth is the distance from it. Dark parts inside belong to
    the sector. So the depths hardly depend on the settings that the picture was made with, and no other picture's.

    Parameters
    ----------
    image : ndarray of uint8, (z, x)
        With square pixels.

    Returns
    -------
    ndarray of intp, (z, x)
        In whole pixels. `OUTSIDE` outside the sector, everywhere in a black picture.
    """
    lit = image > 0
    rows = np.flatnonzero(lit.any(axis=1))
    if not rows.size:
        return np.full(image.shape, OUTSIDE)
    left = _side(rows, lit[rows].argmax(axis=1))
    right = _side(rows, lit[rows, ::-1].argmax(axis=1))  # from the right edge
    distances = _distances(image.shape, *left, *right)
    reached = distances[lit & (distances >= 0)]
    first, last = int(reached.min()), int(reached.max())
    return np.where((distances >= first) & (distances <= last), distances - first, OUTSIDE)


def _side(rows: np.ndarray, columns: np.ndarray) -> tuple[float, float]:
    """Line along the outermost pixels, from the top of the sector to the widest row: column at row 0, columns per row."""
    outermost = np.minimum.accumulate(columns)  # a side runs outwards, however dark it is here and there
    reached = np.flatnonzero(np.diff(outermost, prepend=columns[0] + 1))
    if outermost[0] - outermost[-1] <= SPREAD * (rows[-1] - rows[0]):
        return float(outermost[-1]), 0.0
    slope, start = np.polyfit(rows[reached], outermost[reached], 1)
    return round(float(start), 1), round(float(slope), 3)


@lru_cache(maxsize=16)
def _distances(shape: tuple[int, int], left: float, left_slope: float, right: float, right_slope: float) -> np.ndarray:
    """Distance of each pixel between the sides from the apex, or its row if they do not spread, in whole pixels: (z, x)."""
    z, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    end = shape[1] - 1
    inside = (x >= left + left_slope * z - 1) & (end - x >= right + right_slope * z - 1)
    if not left_slope + right_slope:
        distances = z
    else:
        apex = (end - right - left) / (left_slope + right_slope)
        distances = np.hypot(z - apex, x - left - left_slope * apex)
    distances = np.where(inside, np.rint(distances), OUTSIDE).astype(np.intp)
    distances.flags.writeable = False  # as it is shared by all pictures of this outline
    return distances
