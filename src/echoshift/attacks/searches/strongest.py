"""The strongest search here: corners and centres of faces, then Bayesian optimisation, then CMA-ES, in one budget."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from echoshift.attacks.settings import SeededAttack
from echoshift.settings import PAPER, Bounds, SettingName

if TYPE_CHECKING:
    from echoshift.attacks.objective import Objective, Query

BAYESIAN_SHARE = 0.75
"""Share of the budget that is spent when CMA-ES begins."""


class StrongestSettings(SeededAttack):
    """Corners and centres of faces, then Bayesian optimisation, then CMA-ES, all in one budget."""

    method: Literal["strongest"]
    max_queries: int = Field(
        150, ge=1, description="maximum number of distinct settings queried, including the initial"
    )
    settings: dict[SettingName, Bounds] = Field(
        default_factory=lambda: {name: Bounds() for name in PAPER}, min_length=1
    )


Settings = StrongestSettings


def search(objective: "Objective") -> str:
    """Query the corners, then where a Gaussian process expects low margins, then what CMA-ES draws about the lowest.

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
    """Queries of all three searches. Each learns from those before it."""
    from echoshift.attacks.asking import until_asked
    from echoshift.attacks.searches import bayesian, cma_es, corners

    yield from corners.queries(objective, corners.corners_and_faces)
    share = round(BAYESIAN_SHARE * objective.search.max_queries)
    yield from until_asked(objective, bayesian.queries(objective), share)
    yield from cma_es.queries(objective)
