"""Pictures whose grey levels have the same mean and deviation at each depth. Uses NumPy alone, so that it can be exported."""

from functools import lru_cache

import numpy as np

from echoshift.classifiers.defences.outline import depth_in_pixels

BINS, WIDTH = 64, 2.0
"""Profiles over depth are smoothed by a Gaussian of 2 of 64 parts of the sector's depth (standard deviation)."""
GREYS = 256


def standardised(image: np.ndarray, mean: float, deviation: float, least: float) -> np.ndarray:
    """A picture with the same mean and deviation of grey at each depth of the sector, black outside it.

    Parameters
    ----------
    image : ndarray of uint8, (z, x)
        With square pixels.
    mean, deviation : float
        Grey levels.
    least : float
        Smallest deviation that is stretched; less is taken for this.

    Returns
    -------
    ndarray of uint8, (z, x)
    """
    depths = depth_in_pixels(image)
    inside = depths >= 0
    found = np.zeros_like(image)
    if inside.any():
        pixels = depths[inside] * GREYS + image[inside]
        counts = np.bincount(pixels, minlength=GREYS * (int(depths.max()) + 1)).reshape(-1, GREYS)
        found[inside] = _curves(counts.astype(np.float64), mean, deviation, least).take(pixels)
    return found


def _curves(counts: np.ndarray, mean: float, deviation: float, least: float) -> np.ndarray:
    """New grey level of each depth and grey level, uint8 (depth, 256), from the number of pixels that have them.

    The mean at a depth is the value there of the straight line that fits the grey levels around it best. So a change of
    grey that is linear in depth, such as beta's, is removed without a remainder, at both ends of the sector too.
    """
    greys, (near, places) = np.arange(GREYS, dtype=np.float64), _near(len(counts))
    of_depth, sums = counts.sum(axis=1), counts @ greys
    n, at, square = (near @ (of_depth * places**power) for power in range(3))
    level, slope = (near @ (sums * places**power) for power in range(2))
    spread = n * square - at**2
    is_line = spread > 1e-9 * n**2  # otherwise all pixels nearby have one depth
    line = square * level - at * slope + places * (n * slope - at * level)
    means = np.where(is_line, line / np.where(is_line, spread, 1.0), level / n)
    away = greys - means[:, None]
    deviations = np.sqrt(near @ (counts * away**2).sum(axis=1) / n)
    curves = mean + deviation * away / np.maximum(deviations, least)[:, None]
    return np.clip(np.rint(curves), 0, GREYS - 1).astype(np.uint8)


@lru_cache(maxsize=16)
def _near(n_depths: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the depths around each depth, (depth, depth), and the places of the depths from 0 to 1, (depth,)."""
    places = np.arange(n_depths, dtype=np.float64) / n_depths
    steps = (places[:, None] - places) * BINS / WIDTH
    return np.exp(-(steps**2) / 2), places
