"""The grey curve, which maps the window's shades to displayed shades."""

import numpy as np


def grey_curve(shade: np.ndarray, gamma: float, s_curve: float) -> np.ndarray:
    """Bend the grey scale, keeping black and white.

    Parameters
    ----------
    shade : ndarray
        0 to 255.
    gamma : float
        Exponent. Values above 1 darken the middle.
    s_curve : float
        Strength of the S around mid-grey, -2 to 1. Values above 0 raise the contrast in the middle, and 1 is a smoothstep.

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
