"""The control: settings drawn uniformly from the box, one at a time."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from echoshift.attacks.settings import SeededAttack
from echoshift.settings import PAPER, SPACING, Bounds, SettingName

if TYPE_CHECKING:
    from echoshift.attacks.objective import Objective

FRUITLESS_DRAWS = 1000
"""The box counts as used up after this many consecutive draws without new settings."""


class RandomSearchSettings(SeededAttack):
    """The control: settings drawn uniformly from the same box."""

    method: Literal["random_search"]
    settings: dict[SettingName, Bounds] = Field(
        default_factory=lambda: {name: Bounds() for name in PAPER}, min_length=1
    )


Settings = RandomSearchSettings


def search(objective: "Objective") -> str:
    """Query settings drawn uniformly from the box until the diagnosis flips or the budget is spent.

    It draws one point at a time, so the number of queries at a flip is exact and comparable with other searches.

    Parameters
    ----------
    objective : Objective
        Records `sample` queries, and an `Iteration` for each draw with the highest loss so far, and for the flip. The
        path therefore ends at the flip or at the most damaging settings found. The draws depend only on `search.seed`.

    Returns
    -------
    str
        `flipped`, `exhausted`, or `stalled` if all settings in the box have been queried.
    """
    import numpy as np

    from echoshift.attacks.objective import BudgetSpent

    objective.stand(objective.start())
    axes = objective.search.axes
    draws = np.random.default_rng(objective.search.seed)
    # Widened by half a step on both sides, so that integer settings take their bounds as often as other values.
    margin = np.array([SPACING[axis.kind] / 2 for axis in axes])
    low = np.array([axis.low for axis in axes]) - margin
    high = np.array([axis.high for axis in axes]) + margin
    iteration = last_new = 0
    while iteration - last_new < FRUITLESS_DRAWS:
        iteration += 1
        n_asked = len(objective.queries)
        try:
            drawn = objective.query([draws.uniform(low, high)], "sample", iteration)[0]
        except BudgetSpent:
            return "exhausted"
        if len(objective.queries) > n_asked:
            last_new = iteration
        if objective.stand_on_best(drawn):
            return "flipped"
    return "stalled"
