"""How far settings have moved: each as a share of its way to the bound."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from echoshift.attacks.axes import Axis

DECIMALS_OF_SHARES = 9
"""Decimals to which distances are rounded, so that equal ones compare as equal."""


def moves(axes: Sequence["Axis"], points: np.ndarray) -> np.ndarray:
    """Share of the way from the initial value to the bound in the direction moved, 0 to 1.

    A setting that starts at a bound has no way in that direction; nor does one that is held still.

    Parameters
    ----------
    axes : sequence of Axis
    points : array_like, (point, setting)

    Returns
    -------
    ndarray of float64, (point, setting)
        |value - initial| / |bound - initial|. In the paper's box, which is centred on the initial values, the unit is
        the half-width.
    """
    start, low, high = (np.array([getattr(axis, name) for axis in axes]) for name in ("initial", "low", "high"))
    away = np.asarray(points, dtype=np.float64).reshape(-1, len(axes)) - start
    way = np.where(away < 0, start - low, high - start)
    shares = np.divide(np.abs(away), way, out=np.zeros_like(away), where=way > 0)
    return shares.round(DECIMALS_OF_SHARES)


def largest_move(shares: np.ndarray) -> np.ndarray:
    """L-infinity distance (point,) of shares (point, setting): how much of the box must be allowed."""
    return shares.max(axis=-1)


def root_mean_square(shares: np.ndarray) -> np.ndarray:
    """L2 distance (point,) of shares (point, setting), over the searched settings: 1 in a corner of the box."""
    return np.sqrt(np.mean(shares**2, axis=-1)).round(DECIMALS_OF_SHARES)
