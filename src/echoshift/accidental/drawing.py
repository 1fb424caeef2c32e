"""Settings drawn around the initial ones."""

from math import floor
from statistics import NormalDist

import numpy as np

from echoshift.accidental.settings import Draws
from echoshift.attacks.axes import Axis
from echoshift.settings import DECIMALS, SPACING, nearest


def draw(draws: Draws) -> list[tuple[float, ...]]:
    """Settings (draw, axis), rounded to `DECIMALS`. They depend only on `draws`; the first ones of more are the same."""
    numbers = np.random.default_rng(draws.seed).random((draws.n, len(draws.axes)))
    return [tuple(_value(draws, axis, u) for axis, u in zip(draws.axes, row, strict=True)) for row in numbers.tolist()]


def _value(draws: Draws, axis: Axis, u: float) -> float:
    if draws.spread.normal:
        return round(normal_value(axis, draws.spread.normal[axis.name], u), DECIMALS)
    return round(uniform_value(axis, draws.spread.uniform, u), DECIMALS)


def uniform_value(axis: Axis, share: float, u: float) -> float:
    """Uniform within a share of the way from the initial value to each bound.

    Of whole numbers, each that lies within is equally probable.

    Parameters
    ----------
    axis : Axis
    share : float
        Share of the way, 0 to 1.
    u : float
        Random number, uniform in [0, 1).
    """
    down, up = share * (axis.initial - axis.low), share * (axis.high - axis.initial)
    if spacing := SPACING[axis.kind]:
        n_down, n_up = (floor(way / spacing + 1e-9) for way in (down, up))
        return axis.initial + spacing * (floor(u * (n_down + 1 + n_up)) - n_down)
    return axis.initial - down + u * (down + up)


def normal_value(axis: Axis, deviation: float, u: float) -> float:
    """Normal around the initial value, within the bounds.

    The quantile u of the normal distribution between the bounds: the same distribution as drawing again whatever lies
    outside, without mass at the bounds. Whole numbers are rounded draws.

    Parameters
    ----------
    axis : Axis
    deviation : float
        Standard deviation, in the setting's unit.
    u : float
        Random number, uniform in [0, 1).
    """
    normal, half = NormalDist(axis.initial, deviation), SPACING[axis.kind] / 2
    below, up_to = normal.cdf(axis.low - half), normal.cdf(axis.high + half)
    return nearest(axis.kind, normal.inv_cdf(below + u * (up_to - below)))
