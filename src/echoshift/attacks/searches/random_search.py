"""The control: settings drawn uniformly from the box, one after the other."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from echoshift.attacks.settings import Bounds, SeededAttack, SettingName
from echoshift.settings import PAPER, SPACING

if TYPE_CHECKING:
    from echoshift.attacks.objective import Objective

FRUITLESS_DRAWS = 1000
"""So many draws in a row that hit settings asked before mean that the box has no others."""


class RandomSearchSettings(SeededAttack):
    """The control: settings drawn uniformly from the same box."""

    method: Literal["random_search"]
    settings: dict[SettingName, Bounds] = Field(
        default_factory=lambda: {name: Bounds() for name in PAPER}, min_length=1
    )


Settings = RandomSearchSettings


def search(objective: "Objective") -> str:
    """Ask settings drawn uniformly from the box until the diagnosis flips or the budget is spent.

    One draw at a time: the number of queries at a flip is then exact and comparable with other searches.

    Parameters
    ----------
    objective : Objective
        Its ledger is filled with `sample` queries; an `Iteration` for each draw whose loss is the highest so far, so
        the path ends at the flip or at the most damaging settings found. The draws depend on `search.seed` alone.

    Returns
    -------
    str
        `flipped`; `exhausted`; or `stalled` if the box holds no settings that were not asked.
    """
    import numpy as np

    from echoshift.attacks.objective import BudgetSpent

    best = objective.start()
    objective.stand(best)
    axes = objective.search.axes
    draws = np.random.default_rng(objective.search.seed)
    # Half a step further on both sides, so that among whole numbers the ends are drawn as often as the others.
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
        if drawn.loss > best.loss:
            best = drawn
            objective.stand(best)
        if objective.is_flipped(drawn):
            return "flipped"
    return "stalled"
