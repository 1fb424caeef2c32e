"""Predictors with known answers: the margin of the label at each place of a box, from a formula.

A place u runs from -1 at the lower bound to 1 at the upper bound of each setting; distances are Euclidean. Outside the
planted region the margin is either constant (1) or the distance to the region, so that a slope leads there.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from echoshift.attacks.axes import Axis, axis
from echoshift.attacks.job import run_search
from echoshift.attacks.objective import Objective
from echoshift.attacks.settings import Search
from echoshift.classifiers.answers import scores_of_logits
from echoshift.settings import PAPER, SETTINGS, Bounds

Margin = Callable[[np.ndarray], float]
"""Margin of the label at a place."""
ALL = tuple(name for name in SETTINGS if name != "gain")
"""All settings that can be searched together: a gain moves both thresholds."""


@dataclass(frozen=True)
class Planted:
    """A box and the margin in it."""

    margin: Margin
    names: tuple[str, ...] = PAPER

    @property
    def axes(self) -> tuple[Axis, ...]:
        return tuple(axis(name, Bounds(), SETTINGS[name].initial) for name in self.names)

    def place(self, settings: dict[str, float]) -> np.ndarray:
        low, high = (np.array([getattr(one, end) for one in self.axes]) for end in ("low", "high"))
        return (2 * np.array([settings[name] for name in self.names]) - low - high) / (high - low)

    def ask(self, settings: list[dict[str, float]]) -> np.ndarray:
        return scores_of_logits([self.margin(self.place(one)) for one in settings])

    def search(self, method: str, seed: int, max_queries: int, **more) -> tuple[str, Objective]:
        search = Search(method=method, max_queries=max_queries, seed=seed, axes=self.axes, **more)
        return run_search(self.ask, 1, search)


def flat(is_inside: Callable[[np.ndarray], bool]) -> Margin:
    """Margin -1 inside a region and 1 outside: nothing leads there."""
    return lambda u: -1.0 if is_inside(u) else 1.0


def half_space(seed: int) -> Planted:
    """Beyond a plane at 0.6 of the way from the centre to the farthest corner. The margin falls towards it."""
    normal = directions(seed, 3)
    return Planted(lambda u: 0.6 * np.abs(normal).sum() - normal @ u)


def shell(seed: int) -> Planted:
    """Between two spheres about the centre, the same for every seed. The centres of the faces lie outside."""
    return Planted(flat(lambda u: 0.8 <= np.linalg.norm(u) <= 0.9))


def small_ball(seed: int) -> Planted:
    """0.5 % of the box. The margin falls towards it."""
    centre, radius = ball(seed, 0.005)
    return Planted(lambda u: np.linalg.norm(u - centre) - radius)


def hidden_ball(seed: int) -> Planted:
    """5 % of the box, without a slope around it."""
    centre, radius = ball(seed, 0.05)
    return Planted(flat(lambda u: np.linalg.norm(u - centre) < radius))


def islands(seed: int) -> Planted:
    """Two balls that touch the faces of opposite corners, 4.5 % of the box together, without a slope around them."""
    centre = 0.65 * signs(seed, 3)
    return Planted(flat(lambda u: min(np.linalg.norm(u - centre), np.linalg.norm(u + centre)) < 0.35))


def corner(seed: int) -> Planted:
    """One corner alone, without a slope around it."""
    at = signs(seed, 3)
    return Planted(flat(lambda u: np.abs(u - at).max() < 0.05))


def integer(seed: int) -> Planted:
    """One value of the median filter's width (3 or 5 of 1 to 7), in one half of another setting."""
    width, side = (-1 / 3, 1 / 3)[seed % 2], signs(seed, 1)[0]
    is_inside = flat(lambda u: abs(u[2] - width) < 1e-6 and side * u[0] > 0)
    return Planted(is_inside, ("beta", "alpha_l", "median"))


def two_of_seventeen(seed: int) -> Planted:
    """A disc in the plane of two settings, 7 % of the box. The margin falls towards it; other settings do not matter."""
    draws = placing(seed)
    centred = [
        i for i, one in enumerate(Planted(np.sum, ALL).axes) if one.kind == "continuous" and one.low < one.initial
    ]
    pair = draws.choice(centred, 2, replace=False)
    centre = draws.uniform(0.4, 0.7, 2) * draws.choice([-1, 1], 2)
    return Planted(lambda u: np.linalg.norm(u[pair] - centre) - 0.3, ALL)


def level(seed: int) -> Planted:
    """No flip, and the same margin everywhere."""
    return Planted(lambda u: 1.0)


def wavy(seed: int) -> Planted:
    """No flip: waves of the margin between 0.1 and 1.9, in other directions for each seed."""
    waves = np.array([directions(3 * seed + i, 3) for i in range(3)])
    return Planted(lambda u: 1 + 0.9 * float(np.prod(np.sin(5 * waves @ u + 1))))


FLIPPING = (half_space, shell, small_ball, hidden_ball, islands, corner, integer, two_of_seventeen)
SAFE = (level, wavy)


def placing(seed: int) -> np.random.Generator:
    """Draws of where a region lies. They share nothing with those of a search of the same seed."""
    return np.random.default_rng([seed, 2020])


def directions(seed: int, n: int) -> np.ndarray:
    """A unit vector (setting,), uniform over the sphere."""
    drawn = placing(seed).standard_normal(n)
    return drawn / np.linalg.norm(drawn)


def signs(seed: int, n: int) -> np.ndarray:
    """-1 or 1 for each setting."""
    return placing(seed).choice([-1.0, 1.0], n)


def ball(seed: int, share: float) -> tuple[np.ndarray, float]:
    """Centre and radius of a ball that takes a share of the box of three settings.

    It lies in the box and leaves out the start, which is the box's centre.
    """
    radius = (8 * share * 3 / (4 * np.pi)) ** (1 / 3)
    draws = placing(seed)
    centre = np.zeros(3)
    while np.linalg.norm(centre) < 1.1 * radius:
        centre = draws.uniform(radius - 1, 1 - radius, 3)
    return centre, radius
