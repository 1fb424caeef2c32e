"""Bayesian optimisation: a Gaussian process of the margin decides which settings to ask next."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from echoshift.attacks.settings import SeededAttack
from echoshift.settings import PAPER, Bounds, SettingName

if TYPE_CHECKING:
    import numpy as np

    from echoshift.attacks.box import Box
    from echoshift.attacks.objective import Objective, Query

DEVIATIONS = (1.0, 2.0, 4.0, 6.0)
"""The confidence bound lies so many standard deviations below the mean, in turn: 1 seeks low margins, 6 unknown places."""
SPACING = 0.02
"""Candidates closer to a place that was asked, in widths of the box along every setting, come last."""
RANDOM_CANDIDATES = 256
LOCAL_CANDIDATES = 64
"""Candidates about the lowest margin. Half of them differ from it in one setting alone."""
REACHES = (0.02, 0.1, 0.3)
"""Standard deviations of the local candidates, in widths of the box."""


class BayesianSettings(SeededAttack):
    """A Gaussian process of the margin; the place with the lowest confidence bound is asked next."""

    method: Literal["bayesian"]
    settings: dict[SettingName, Bounds] = Field(
        default_factory=lambda: {name: Bounds() for name in PAPER}, min_length=1
    )


Settings = BayesianSettings


def search(objective: "Objective") -> str:
    """Query where the margin may be lowest, one point at a time, until the diagnosis flips or the budget is spent.

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
    """Query the candidate with the lowest confidence bound of the margin again and again, until no candidate is new.

    Learns from all queries of the objective, whichever search asked them.
    """
    import numpy as np
    from scipy.spatial.distance import cdist

    from echoshift.attacks.asking import first_new, sample
    from echoshift.attacks.box import Box
    from echoshift.attacks.surrogate import Surrogate

    box = Box(objective.search.axes)
    if box.size == 0:
        return
    draws = np.random.default_rng(objective.search.seed)
    surrogate = Surrogate(box.size)
    while True:
        known = [*objective.prior, *objective.queries]
        places = box.places([query.point for query in known])
        margins = np.array([objective.margin(query) for query in known])
        surrogate.learn(places, margins)
        options = candidates(box, draws, places[np.argmin(margins)])
        mean, deviation = surrogate.predict(options)
        is_close = cdist(options, places, "chebyshev").min(axis=1) < SPACING
        bound = mean - DEVIATIONS[len(objective.queries) % len(DEVIATIONS)] * deviation
        point = first_new(objective, box, options[np.lexsort((bound, is_close))])
        if point is None:
            return
        yield sample(objective, point)


def candidates(box: "Box", draws: "np.random.Generator", lowest: "np.ndarray") -> "np.ndarray":
    """Places all over the box, in its corners and about the lowest margin's place (setting,): (candidate, setting)."""
    import numpy as np

    from echoshift.attacks.designs import corners

    everywhere = box.draw(draws, RANDOM_CANDIDATES)
    at_ends = np.round(draws.uniform(size=(LOCAL_CANDIDATES, box.size)))
    steps = draws.standard_normal((LOCAL_CANDIDATES, box.size)) * draws.choice(REACHES, size=(LOCAL_CANDIDATES, 1))
    steps[::2] *= np.eye(box.size)[draws.integers(box.size, size=LOCAL_CANDIDATES // 2)]
    return np.concatenate([corners(box.size), at_ends, everywhere, box.allowed(lowest + steps)])
