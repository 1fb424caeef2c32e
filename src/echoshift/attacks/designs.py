"""Sets of corners of a box that represent all of them."""

import numpy as np
from scipy.linalg import hadamard

MOST_FOR_ALL_CORNERS = 6
"""With more settings than this, some of the corners are asked: a two-level fractional design."""


def corners(n_settings: int) -> np.ndarray:
    """Corners, (corner, setting) of 0 and 1: all of them, or a fractional design of at most 4 per setting.

    The design is a Hadamard matrix and its mirror image (a fold-over, resolution IV): each setting is at both of its
    bounds equally often, and so is each pair at each of its four combinations (Box, Hunter and Hunter, Statistics for
    Experimenters, 2005, chapter 6).
    """
    if n_settings <= MOST_FOR_ALL_CORNERS:
        return np.array(np.meshgrid(*[[0.0, 1.0]] * n_settings, indexing="ij")).reshape(n_settings, -1).T
    signs = hadamard(1 << n_settings.bit_length())[:, 1 : n_settings + 1]
    return (np.concatenate([signs, -signs]) + 1) / 2
