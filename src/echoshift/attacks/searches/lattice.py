"""The bound: every point of a lattice over the box, in order of distance from the initial settings."""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from echoshift.attacks.axes import Moves
from echoshift.attacks.lattice_points import complaint
from echoshift.attacks.settings import AttackSettings
from echoshift.settings import PAPER, SettingName

if TYPE_CHECKING:
    import xarray as xr

    from echoshift.attacks.objective import Objective
    from echoshift.attacks.settings import Search

BLOCK = 64
"""Points asked at once."""


class LatticeSettings(AttackSettings):
    """The bound: every point of a lattice whose steps are the rates."""

    exhaustive: ClassVar[bool] = True

    method: Literal["lattice"]
    settings: dict[SettingName, Moves] = Field(default_factory=lambda: {name: Moves() for name in PAPER}, min_length=1)
    max_queries: int = Field(10_000, ge=1, description="a lattice with more points is refused")
    stop: Literal[False] = Field(False, description="all points are asked")
    screen: bool = Field(
        False,
        description="ask from coarse to fine; skip points that cannot flip under an assumption, or not nearer than another",
    )

    def complaint(self, search: "Search") -> str | None:
        """Refuse a lattice of more than `max_queries` points."""
        return complaint(search.axes, search.max_queries)


Settings = LatticeSettings


def search(objective: "Objective") -> str:
    """Query every point of the lattice, or of a screened one those that may flip.

    In order of distance, so that the path of a whole lattice ends at the nearest flip. Without a flip it ends where the
    loss is highest.

    Parameters
    ----------
    objective : Objective
        Records `sample` queries, and an `Iteration` for each point with the highest loss so far, and for the first flip.

    Returns
    -------
    str
        `stalled`: every point has been asked or skipped.

    Raises
    ------
    EchoShiftError
        If the lattice has more points than `max_queries`.
    """
    from echoshift.attacks.lattice_points import by_distance, points
    from echoshift.attacks.screen import ask_screened
    from echoshift.errors import EchoShiftError

    axes = objective.search.axes
    if wrong := complaint(axes, objective.search.max_queries):
        raise EchoShiftError(f"lattice: {wrong}")
    objective.stand(objective.start())
    if objective.search.options["screen"]:
        ask_screened(objective, BLOCK)
        return "stalled"
    found = points(axes)
    order = by_distance(axes, found)
    for start in range(1, len(order), BLOCK):
        for asked in objective.query(found[order[start : start + BLOCK]], "sample", 1 + start // BLOCK):
            objective.stand_on_best(asked)
    return "stalled"


def field(objective: "Objective") -> "xr.Dataset":
    """All answers over the searched settings, see `echoshift.attacks.field`."""
    from echoshift.attacks.field import field_of

    return field_of(objective)
