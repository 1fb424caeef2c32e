"""The evolution strategy with covariance matrix adaptation (Hansen 2016, arXiv:1604.00772), restarted when it ends."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from echoshift.attacks.settings import SeededAttack
from echoshift.settings import PAPER, Bounds, SettingName

if TYPE_CHECKING:
    from echoshift.attacks.objective import Objective, Query

SIGMA = 0.3
"""First standard deviation of the draws, in widths of the box."""
FRUITLESS_RESTARTS = 20
"""The box counts as used up after this many consecutive restarts without new settings."""


class CmaEsSettings(SeededAttack):
    """Draws from a normal distribution that adapts its mean and covariance to the lowest margins, with restarts."""

    method: Literal["cma_es"]
    settings: dict[SettingName, Bounds] = Field(
        default_factory=lambda: {name: Bounds() for name in PAPER}, min_length=1
    )


Settings = CmaEsSettings


def search(objective: "Objective") -> str:
    """Lower the margin by CMA-ES from the initial settings, then from random ones.

    Parameters
    ----------
    objective : Objective
        Records `sample` queries, and an `Iteration` for each with the highest loss so far, and for the flip.

    Returns
    -------
    str
        `flipped`, `exhausted`, or `stalled` if all settings in the box have been queried.
    """
    from echoshift.attacks.asking import until_flipped

    objective.stand(objective.start())
    return until_flipped(objective, queries(objective))


def queries(objective: "Objective") -> Iterator["Query"]:
    """Query what CMA-ES draws: first about the lowest margin known, then about random places."""
    import cma
    import numpy as np

    from echoshift.attacks.asking import sample
    from echoshift.attacks.box import Box

    box = Box(objective.search.axes)
    if box.size == 0:
        return
    draws = np.random.default_rng(objective.search.seed)
    options = {
        "bounds": [0, 1],
        "randn": lambda *shape: draws.standard_normal(shape),  # cma's own would seed NumPy for the whole process
        "seed": np.nan,
        "verbose": -9,
    }
    mean = box.places([min(objective.queries, key=objective.margin).point])[0]
    fruitless = 0
    while fruitless < FRUITLESS_RESTARTS:
        # cma refuses one dimension. A second one without effect is added.
        strategy = cma.CMAEvolutionStrategy(np.resize(mean, max(box.size, 2)), SIGMA, options)
        fruitless += 1
        while not strategy.stop():
            drawn, margins, n_asked = strategy.ask(), [], len(objective.queries)
            for place in drawn:
                asked = sample(objective, box.point(place[: box.size]))
                margins.append(objective.margin(asked))
                yield asked
            if len(objective.queries) == n_asked:  # nothing new: it has contracted
                break
            fruitless = 0
            strategy.tell(drawn, margins)
        mean = box.draw(draws, 1)[0]
