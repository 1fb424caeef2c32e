"""Pixels of a colour image that are no grey level: colour Doppler, marks, logos."""

import numpy as np

TOLERANCE = 8
"""Largest difference between the channels of a grey pixel.

A grey image saved as a colour JPEG has none at quality 90 and 50. Scanners' own JPEG movies have up to 2.
"""


def coloured_pixels(channels: np.ndarray) -> np.ndarray | None:
    """Find the coloured pixels.

    Parameters
    ----------
    channels : ndarray of uint8, (z, x, 3)
        Red, green and blue in any order.

    Returns
    -------
    ndarray of bool, (z, x), or None
        None if all pixels are grey.
    """
    coloured = channels.max(axis=2) - channels.min(axis=2) > TOLERANCE
    return coloured if coloured.any() else None
