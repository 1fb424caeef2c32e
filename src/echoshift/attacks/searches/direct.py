"""DIRECT (Jones et al. 1993, J. Optim. Theory Appl. 79:157): divides the box where the margin may be lowest."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from echoshift.attacks.settings import AttackSettings
from echoshift.settings import PAPER, Bounds, SettingName

if TYPE_CHECKING:
    from echoshift.attacks.objective import Objective

LEAST_SIDE = 1e-4
"""A division ends when its rectangles are that small, in widths of the box."""
MOST_DIVISIONS = 10_000
"""Places of one division, repeated ones included."""


class DirectSettings(AttackSettings):
    """DIRECT: divides the box into ever smaller ones where the margin may be lowest."""

    method: Literal["direct"]
    settings: dict[SettingName, Bounds] = Field(
        default_factory=lambda: {name: Bounds() for name in PAPER}, min_length=1
    )


Settings = DirectSettings


def search(objective: "Objective") -> str:
    """Query the centres of the boxes that DIRECT divides, until the diagnosis flips or the budget is spent.

    Deterministic. It asks the centre of the box first and reaches its faces only in the limit.

    Parameters
    ----------
    objective : Objective
        Records `sample` queries, and an `Iteration` for each with the highest loss so far, and for the flip.

    Returns
    -------
    str
        `flipped`, `exhausted`, or `stalled` if the division has become too fine.
    """
    from scipy.optimize import direct

    from echoshift.attacks.asking import sample
    from echoshift.attacks.box import Box
    from echoshift.attacks.objective import BudgetSpent

    objective.stand(objective.start())
    box = Box(objective.search.axes)
    if box.size == 0:
        return "stalled"

    def margin(place):
        asked = sample(objective, box.point(place))
        if objective.stand_on_best(asked):
            raise Flipped
        return objective.margin(asked)

    try:
        direct(
            margin,
            [(0, 1)] * box.size,
            locally_biased=False,
            maxfun=MOST_DIVISIONS,
            maxiter=MOST_DIVISIONS,
            vol_tol=0,
            len_tol=LEAST_SIDE,
        )
    except Flipped:
        return "flipped"
    except BudgetSpent:
        return "exhausted"
    return "stalled"


class Flipped(Exception):
    """Ends the division. SciPy's own callback is called only after a whole round."""
