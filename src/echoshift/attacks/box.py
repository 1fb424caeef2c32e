"""The box that a search moves in: places from 0 at the lower bounds to 1 at the upper ones, and the points there."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from echoshift.settings import SPACING

if TYPE_CHECKING:
    from echoshift.attacks.axes import Axis


class Box:
    """The settings that can move, each scaled to 0 to 1. Those whose bounds coincide are left out.

    Attributes
    ----------
    size : int
        Number of settings that can move.
    start : ndarray of float64, (setting,)
        Place of the initial settings.
    """

    def __init__(self, axes: Sequence["Axis"]) -> None:
        self._low, high, initial = (
            np.array([getattr(axis, end) for axis in axes]) for end in ("low", "high", "initial")
        )
        self._movable = self._low < high
        self._origin, self._width = self._low[self._movable], (high - self._low)[self._movable]
        self._spacing = np.array([SPACING[axis.kind] for axis in axes], dtype=float)[self._movable]
        self.size = int(self._movable.sum())
        self.start = self.places([initial])[0]

    def places(self, points: Sequence[Sequence[float]]) -> np.ndarray:
        """Places, float64 (point, setting), of points on the search axes."""
        points = np.asarray(points, dtype=np.float64).reshape(-1, len(self._low))
        return (points[:, self._movable] - self._origin) / self._width

    def point(self, place: np.ndarray) -> np.ndarray:
        """Point on the search axes, float64 (axis,), at a place."""
        point = self._low.copy()
        point[self._movable] += place * self._width
        return point

    def moves(self, places: np.ndarray) -> np.ndarray:
        """Moves from the start, float64 (place, setting), from -1 at the lower bound to 1 at the upper one."""
        away = places - self.start
        way = np.where(away < 0, self.start, 1 - self.start)
        return np.divide(away, way, out=np.zeros_like(away), where=way > 0)

    def moved(self, moves: np.ndarray) -> np.ndarray:
        """Places after such moves from the start."""
        return self.start + moves * np.where(moves < 0, self.start, 1 - self.start)

    def draw(self, draws: np.random.Generator, n: int) -> np.ndarray:
        """Places drawn uniformly from the box, float64 (n, setting). Whole numbers are equally frequent."""
        # Widened by half a step on both sides, so that integer settings take their bounds as often as other values.
        margin = self._spacing / self._width / 2
        return self.allowed(draws.uniform(-margin, 1 + margin, (n, self.size)))

    def allowed(self, places: np.ndarray) -> np.ndarray:
        """The nearest places inside the box, integer settings at whole numbers of steps from their lower bound."""
        steps = np.divide(self._width, self._spacing, out=np.ones(self.size), where=self._spacing > 0)
        places = np.clip(places, 0.0, 1.0)
        return np.where(self._spacing > 0, np.round(places * steps) / steps, places)
