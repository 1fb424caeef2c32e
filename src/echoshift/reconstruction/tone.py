"""The grey curve: from shades as the window gives them to shades as the display shows them."""

import numpy as np


def grey_curve(shade: np.ndarray, gamma: float, s_curve: float) -> np.ndarray:
    """Bend the grey scale; black and white stay.

    Parameters
    ----------
    shade : ndarray
        0 to 255.
    gamma : float
        Exponent: above 1 darkens the middle.
    s_curve : float
        Strength of the S around mid-grey, -2 to 1: above 0 more contrast in the middle, at 1 a smooth step.

    Returns
    -------
    ndarray of float64
        0 to 255, not rounded.
    """
    grey = shade.astype(np.float64) / 255
    if gamma != 1:
        grey = grey**gamma
    if s_curve:
        grey = grey + s_curve * (grey * grey * (3 - 2 * grey) - grey)
    return 255 * grey
