"""The corners of the box first, then the centres of its faces, then grids from coarse to fine.

Far-off settings change most pictures most, so a few corners tell more than many small steps.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from echoshift.attacks.settings import AttackSettings
from echoshift.settings import PAPER, Bounds, SettingName

if TYPE_CHECKING:
    import numpy as np

    from echoshift.attacks.objective import Objective, Query

GRIDS = (3, 5, 9, 17, 33)
"""Values of each setting in the grids."""
MOST_LISTED = 100_000
"""A grid with more points than this is sampled instead of listed."""


class CornersSettings(AttackSettings):
    """The corners of the box, the centres of its faces, then grids from coarse to fine."""

    method: Literal["corners"]
    settings: dict[SettingName, Bounds] = Field(
        default_factory=lambda: {name: Bounds() for name in PAPER}, min_length=1
    )


Settings = CornersSettings


def search(objective: "Objective") -> str:
    """Query fixed places of the box, one at a time, until the diagnosis flips or the budget is spent.

    Deterministic: the order depends on nothing but the number of settings.

    Parameters
    ----------
    objective : Objective
        Records `sample` queries, and an `Iteration` for each place with the highest loss so far, and for the flip.

    Returns
    -------
    str
        `flipped`, `exhausted`, or `stalled` if all grids have been queried.
    """
    from echoshift.attacks.asking import until_flipped

    objective.stand(objective.start())
    return until_flipped(objective, queries(objective, places))


def queries(objective: "Objective", choose: Callable[[int], Iterable["np.ndarray"]]) -> Iterator["Query"]:
    """Query the places that are chosen for so many settings, in their order."""
    from echoshift.attacks.asking import sample
    from echoshift.attacks.box import Box

    box = Box(objective.search.axes)
    for place in choose(box.size):
        yield sample(objective, box.point(place))


def places(n_settings: int) -> Iterator["np.ndarray"]:
    """Places of a box, float64 (setting,), from 0 at the lower bound to 1 at the upper one."""
    yield from corners_and_faces(n_settings)
    for n_values in GRIDS if n_settings else ():  # none if every setting is held still
        yield from _grid(n_settings, n_values)


def corners_and_faces(n_settings: int) -> Iterator["np.ndarray"]:
    """The corners, then the centres of the faces, float64 (setting,) from 0 to 1."""
    import numpy as np

    from echoshift.attacks.designs import corners

    if n_settings:
        yield from corners(n_settings)
    for i in range(n_settings):
        for end in (0.0, 1.0):
            centre = np.full(n_settings, 0.5)
            centre[i] = end
            yield centre


def _grid(n_settings: int, n_values: int) -> Iterator["np.ndarray"]:
    """Points of a regular grid in a fixed shuffled order. Of a large grid, as many of its points drawn at random."""
    import numpy as np

    draws = np.random.default_rng(n_values)
    n_points = n_values**n_settings
    if n_points > MOST_LISTED:
        for _ in range(MOST_LISTED):
            yield draws.integers(n_values, size=n_settings) / (n_values - 1)
        return
    shape = (n_values,) * n_settings
    for index in draws.permutation(n_points):
        yield np.array(np.unravel_index(index, shape)) / (n_values - 1)
