"""Versions of a picture with other windows. Uses NumPy alone, so that it can be exported."""

from functools import lru_cache

import numpy as np

GOLDEN = (5**0.5 - 1) / 2


def rewindowed(image: np.ndarray, versions: int, reach: float) -> np.ndarray:
    """Versions of a picture, the first of which is the picture itself. Black stays black: nobody knows its level.

    Parameters
    ----------
    image : ndarray of uint8, (z, x)
    versions : int
    reach : float
        Largest move of each end of the window, as a share of its width.

    Returns
    -------
    ndarray of uint8, (version, z, x)
    """
    return _levels(versions, reach)[:, image]


@lru_cache(maxsize=4)
def _levels(n: int, reach: float) -> np.ndarray:
    """Grey level in each version, uint8 (version, 256): ends of the window at the points of a golden-ratio lattice."""
    i = np.arange(n)[:, None]
    low = reach * (2 * ((0.5 + i / n) % 1) - 1)
    high = 1 + reach * (2 * ((0.5 + i * GOLDEN) % 1) - 1)
    levels = np.clip(np.floor(255 * (np.arange(256) / 255 - low) / (high - low) + 0.5), 0, 255).astype(np.uint8)
    levels[:, 0] = 0
    return levels
