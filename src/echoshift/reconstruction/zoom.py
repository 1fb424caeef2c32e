"""The picture magnified or reduced about the middle of the face, on the same pixels."""

import numpy as np

from echoshift.reconstruction.grid import TOLERANCE


def zoom(image: np.ndarray, z: np.ndarray, x: np.ndarray, scale: float) -> np.ndarray:
    """Show at every pixel what lay at its place divided by `scale`; bilinear, rounded.

    Parameters
    ----------
    image : ndarray of uint8, (z, x)
    z, x : ndarray, (z,) and (x,)
        Pixel centres in metres; the middle of the face is 0, 0.
    scale : float
        Above 1 magnifies.

    Returns
    -------
    ndarray of uint8, (z, x)
        0 where the place lies outside the picture.
    """
    row, down, row_there = _between(z, scale)
    column, across, column_there = _between(x, scale)
    tall = _blend(image[row].astype(np.float64), image[row + 1], down[:, None])
    wide = _blend(tall[:, column], tall[:, column + 1], across)
    # Where the scale is a simple fraction many values lie halfway between two levels: up, whatever the last bits.
    shade = np.floor(wide + 0.5 + TOLERANCE)
    return np.where(row_there[:, None] & column_there, shade, 0).astype(np.uint8)


def _between(centres: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pixel before each place, the position between it and the next one, and whether the place is in the picture."""
    position = (centres / scale - centres[0]) / (centres[1] - centres[0])
    last = centres.size - 1
    there = (position >= -TOLERANCE) & (position <= last + TOLERANCE)
    position = np.clip(position, 0, last)
    before = np.minimum(position.astype(np.intp), last - 1)
    return before, position - before, there


def _blend(first: np.ndarray, second: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return first + weight * (second - first)
