"""The lattice of a box: from the initial values in whole steps to both sides, and both bounds.

The step of a setting is its rate. The paper's box (Byra et al. 2020, II.D) has 17 x 21 x 21 = 7,497 points.
"""

from collections.abc import Sequence
from itertools import product
from math import ceil, prod
from typing import TYPE_CHECKING

from echoshift.settings import DECIMALS

if TYPE_CHECKING:
    import numpy as np

    from echoshift.attacks.axes import Axis

SHORTEST_STEP = 0.01
"""A last step to the bound that is shorter than this share of a step is joined to the one before it."""


def values(axis: "Axis") -> list[float]:
    """Values of one setting, ascending, in its unit.

    The initial value, whole steps from it, and both bounds. The last step to a bound may be shorter than the others. A
    setting that is held still has one value.
    """
    n_below, n_above = _n_steps(axis, axis.low), _n_steps(axis, axis.high)
    below = [axis.initial - k * axis.rate for k in range(n_below - 1, 0, -1)]
    above = [axis.initial + k * axis.rate for k in range(1, n_above)]
    found = [*([axis.low] if n_below else []), *below, axis.initial, *above, *([axis.high] if n_above else [])]
    return [round(value, DECIMALS) for value in found]


def _n_steps(axis: "Axis", bound: float) -> int:
    """Steps from the initial value to a bound, the last of which may be shorter."""
    way = abs(bound - axis.initial)
    return max(1, ceil(way / axis.rate - SHORTEST_STEP)) if way else 0


def shape(axes: Sequence["Axis"]) -> tuple[int, ...]:
    """Number of values of each setting."""
    return tuple(1 + _n_steps(axis, axis.low) + _n_steps(axis, axis.high) for axis in axes)


def complaint(axes: Sequence["Axis"], most: int) -> str | None:
    """Say what is wrong with a lattice of more than `most` points; None if nothing is."""
    sizes = shape(axes)
    if prod(sizes) <= most:
        return None
    return f"found a lattice of {' x '.join(map(str, sizes))} = {prod(sizes)} points, expected at most {most} (max_queries)"


def points(axes: Sequence["Axis"]) -> "np.ndarray":
    """All points, float64 (point, setting). The last setting changes fastest."""
    import numpy as np

    return np.array(list(product(*map(values, axes))))


def by_distance(axes: Sequence["Axis"], points: "np.ndarray") -> "np.ndarray":
    """Order of points (point, setting) by distance from the initial values: int (point,).

    By the largest move (L-infinity), of equal ones by the root mean square, then by index.
    """
    import numpy as np

    from echoshift.attacks.distance import largest_move, moves, root_mean_square

    shares = moves(axes, points)
    return np.lexsort((root_mean_square(shares), largest_move(shares)))
