"""Zoom of an image about the middle of the face, on the same pixels."""

import numpy as np

from echoshift.reconstruction.grid import TOLERANCE, split, within


def zoom(image: np.ndarray, z: np.ndarray, x: np.ndarray, scale: float) -> np.ndarray:
    """Fill each pixel from its position divided by `scale`, bilinearly and rounded.

    Parameters
    ----------
    image : ndarray of uint8, (z, x)
    z, x : ndarray, (z,) and (x,)
        Pixel centres, relative to the middle of the face.
    scale : float
        Values above 1 magnify.

    Returns
    -------
    ndarray of uint8, (z, x)
        0 where the source position lies outside the image.
    """
    row, down, row_there = _between(z, scale)
    column, across, column_there = _between(x, scale)
    tall = _blend(image[row].astype(np.float64), image[row + 1], down[:, None])
    wide = _blend(tall[:, column], tall[:, column + 1], across)
    # At simple fractions many values lie halfway between two levels. Round them up regardless of rounding errors.
    shade = np.floor(wide + 0.5 + TOLERANCE)
    return np.where(row_there[:, None] & column_there, shade, 0).astype(np.uint8)


def _between(centres: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pixel before each position, the fraction towards the next pixel, and whether the position is in the image."""
    position = (centres / scale - centres[0]) / (centres[1] - centres[0])
    return *split(position, centres.size), within(position, centres.size)


def _blend(first: np.ndarray, second: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return first + weight * (second - first)
