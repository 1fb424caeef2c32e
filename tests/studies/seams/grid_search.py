"""A toy search: a regular grid over the box, queried in one batch."""

from itertools import product
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from echoshift.attacks.settings import AttackSettings
from echoshift.settings import PAPER, Bounds, SettingName

if TYPE_CHECKING:
    from echoshift.attacks.objective import Objective


class GridSearchSettings(AttackSettings):
    """A regular grid over the box."""

    method: Literal["grid_search"]
    points: int = Field(3, ge=2, description="points along each axis")
    settings: dict[SettingName, Bounds] = Field(
        default_factory=lambda: {name: Bounds() for name in PAPER}, min_length=1
    )


Settings = GridSearchSettings


def search(objective: "Objective") -> str:
    """Query the grid and end at the point with the highest loss."""
    import numpy as np

    from echoshift.attacks.objective import BudgetSpent

    objective.stand(objective.start())
    lines = [np.linspace(axis.low, axis.high, objective.search.options["points"]) for axis in objective.search.axes]
    try:
        worst = max(objective.query(list(product(*lines)), "sample", 1), key=lambda query: query.loss)
    except BudgetSpent:
        return "exhausted"
    objective.stand(worst)
    return "flipped" if worst.flipped else "stalled"
