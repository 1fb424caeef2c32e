"""Slices through the box of one frame: one or two settings vary, the others have their initial values."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from echoshift.attacks.axes import Axis
from echoshift.sensitivity.settings import Design
from echoshift.settings import DECIMALS, Kind, nearest


@dataclass(frozen=True, eq=False)
class Slice:
    """Scores of a sweep (one setting) or of a map (two).

    Attributes
    ----------
    names : tuple of str
        The settings that vary.
    values : tuple of ndarray of float64
        Ascending values of each, in its unit.
    scores : ndarray of float64, (value of the first setting, ..., class)
    """

    names: tuple[str, ...]
    values: tuple[np.ndarray, ...]
    scores: np.ndarray


def values_between(kind: Kind, low: float, high: float, n: int) -> np.ndarray:
    """Evenly spaced values from `low` to `high`, both included: float64 (value,), ascending and distinct.

    Whole numbers are rounded to allowed ones, of which there may be fewer than `n`.
    """
    return np.array(sorted({round(nearest(kind, float(value)), DECIMALS) for value in np.linspace(low, high, n)}))


def names_of_slices(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Settings of each slice: first all sweeps, then all pairs."""
    return [*((name,) for name in names), *combinations(names, 2)]


def values_of_slices(design: Design) -> list[tuple[tuple[str, ...], tuple[np.ndarray, ...]]]:
    """Settings and values of each slice, to be asked about."""
    axes = {axis.name: axis for axis in design.axes}
    n = {1: design.steps, 2: design.pairs}
    return [
        (names, tuple(_values(axes[name], n[len(names)]) for name in names)) for names in names_of_slices(list(axes))
    ]


def _values(axis: Axis, n: int) -> np.ndarray:
    return values_between(axis.kind, axis.low, axis.high, n)


def points_of_slice(
    axes: Sequence[Axis], names: Sequence[str], values: Sequence[np.ndarray]
) -> list[tuple[float, ...]]:
    """Settings (point, axis) of a slice. The last setting that varies changes fastest."""
    points = []
    for point in product(*(own.tolist() for own in values)):
        moved = dict(zip(names, point, strict=True))
        points.append(tuple(moved.get(axis.name, axis.initial) for axis in axes))
    return points
