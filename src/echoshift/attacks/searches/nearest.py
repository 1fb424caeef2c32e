"""The flip nearest to the initial settings: the smallest largest move (`echoshift.attacks.distance`)."""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Literal

from pydantic import ConfigDict, Field

from echoshift.attacks.settings import SeededAttack
from echoshift.settings import PAPER, Bounds, SettingName

if TYPE_CHECKING:
    import numpy as np

    from echoshift.attacks.box import Box
    from echoshift.attacks.objective import Objective, Query
    from echoshift.attacks.surrogate import Surrogate

PRECISION = 0.01
"""The way to the nearest flip is halved until it is known to this share of itself."""
RANDOM_DIRECTIONS = 16
"""Directions drawn for each query, and as many beside that of the nearest flip."""
LENGTHS = 16
"""Candidates along each direction."""


class NearestSettings(SeededAttack):
    """The flip with the smallest largest move, as a share of the way to the bounds."""

    model_config = ConfigDict(serialize_by_alias=True)

    method: Literal["nearest"]
    from_: str | None = Field(
        None, alias="from", min_length=1, description="name of the attack whose queries it starts from; default: none"
    )
    max_queries: int = Field(
        100, ge=1, description="maximum number of distinct settings queried, including the initial"
    )
    stop: Literal[False] = Field(False, description="it goes on from flip to nearer flip until the budget is spent")
    settings: dict[SettingName, Bounds] = Field(
        default_factory=lambda: {name: Bounds() for name in PAPER}, min_length=1
    )

    @property
    def start(self) -> str | None:
        """The attack whose queries it starts from."""
        return self.from_


Settings = NearestSettings


def search(objective: "Objective") -> str:
    """Query inside the box of smaller moves than that of the nearest flip so far, until the budget is spent.

    The search starts from the nearest flip among the queries of another search, `objective.prior`, which is asked again.
    Without one it first looks for any flip as the strongest search does.

    Parameters
    ----------
    objective : Objective
        Records `sample` queries, and an `Iteration` for each with the highest loss so far, then for each nearer flip.

    Returns
    -------
    str
        `exhausted`, or `stalled` if no settings nearer than the nearest flip are left.
    """
    from echoshift.attacks.asking import until_flipped

    objective.stand(objective.start())
    return until_flipped(objective, queries(objective))


def queries(objective: "Objective") -> Iterator["Query"]:
    """Queries up to the first flip, then those for nearer ones."""
    flip = None
    for query in chain(from_prior(objective), to_first_flip(objective)):
        yield query
        if query.flipped:
            flip = query
            break
    if flip:
        yield from to_nearer_flips(objective, flip)


def from_prior(objective: "Objective") -> Iterator["Query"]:
    """Ask the nearest flip of the other search again."""
    from echoshift.attacks.asking import sample

    flips = [query for query in objective.prior if query.flipped]
    if flips:
        yield sample(objective, min(flips, key=lambda query: length(objective, query.point)).point)


def to_first_flip(objective: "Objective") -> Iterator["Query"]:
    """Look for any flip: as the strongest search, or where another search's queries leave hope."""
    from echoshift.attacks.searches import bayesian, strongest

    return bayesian.queries(objective) if objective.prior else strongest.queries(objective)


def to_nearer_flips(objective: "Objective", flip: "Query") -> Iterator["Query"]:
    """Ask where a Gaussian process expects the largest gain. After each miss, halve the way to the nearest flip.

    The way clips all moves to a common length. The gain expected of a place is what its largest move is smaller by,
    times the probability of a flip there (Schonlau et al. 1998, IMS Lecture Notes 34:11: a known objective under a
    constraint that is not).
    """
    import numpy as np

    from echoshift.attacks.asking import sample
    from echoshift.attacks.box import Box
    from echoshift.attacks.surrogate import Surrogate

    box = Box(objective.search.axes)
    draws = np.random.default_rng(objective.search.seed)
    surrogate = Surrogate(box.size)
    clipped_to = 0.0  # longest clipped move that is known not to flip
    has_missed = False
    while True:
        nearest = length(objective, flip.point)
        moves = box.moves(box.places([flip.point]))[0]
        if has_missed and clipped_to < (1 - PRECISION) * nearest:
            at = (clipped_to + nearest) / 2
            query = sample(objective, box.point(box.moved(np.clip(moves, -at, at))))
            clipped_to, has_missed = at, False
        else:
            known = [*objective.prior, *objective.queries]
            surrogate.learn(
                box.places([query.point for query in known]), np.array([objective.margin(query) for query in known])
            )
            point = most_promising(objective, box, surrogate, shorter_moves(draws, moves), nearest)
            if point is None:
                return
            query = sample(objective, point)
            has_missed = not query.flipped
        if query.flipped and length(objective, query.point) < nearest:
            flip, clipped_to = query, 0.0
            objective.stand(query)
        yield query


def shorter_moves(draws: "np.random.Generator", moves: "np.ndarray") -> "np.ndarray":
    """Moves (candidate, setting) whose largest is smaller than that of the given moves (setting,).

    Their directions are the corners of the box, random ones, and ones beside the given direction.
    """
    import numpy as np

    from echoshift.attacks.designs import corners

    n_settings, nearest = len(moves), np.abs(moves).max()
    directions = np.concatenate(
        [
            2 * corners(n_settings) - 1,
            np.sign(draws.standard_normal((RANDOM_DIRECTIONS, n_settings))),
            draws.uniform(-1, 1, (RANDOM_DIRECTIONS, n_settings)),
            moves / nearest + draws.normal(0, 0.3, (RANDOM_DIRECTIONS, n_settings)),
        ]
    )
    directions /= np.abs(directions).max(axis=1, keepdims=True)
    lengths = nearest * (1 - np.geomspace(PRECISION / 2, 1, LENGTHS, endpoint=False))
    straight = (lengths[:, None, None] * directions).reshape(-1, n_settings)
    clipped = np.clip(moves, -lengths[:, None], lengths[:, None])
    return np.concatenate([straight, clipped])


def most_promising(
    objective: "Objective", box: "Box", surrogate: "Surrogate", moves: "np.ndarray", nearest: float
) -> tuple[float, ...] | None:
    """The new point nearer than the nearest flip with the largest expected gain. None if there is none."""
    import numpy as np
    from scipy.special import ndtr

    from echoshift.attacks.asking import first_new

    places = box.allowed(box.moved(moves))
    gain = nearest - np.abs(box.moves(places)).max(axis=1)
    places, gain = places[gain > 0], gain[gain > 0]
    if len(places) == 0:
        return None
    mean, deviation = surrogate.predict(places)
    expected = gain * ndtr(-mean / deviation)
    return first_new(objective, box, places[np.argsort(-expected, kind="stable")])


def length(objective: "Objective", point: tuple[float, ...]) -> float:
    """Largest move of a point, as a share of the way to the bound."""
    from echoshift.attacks.distance import largest_move, moves

    return float(largest_move(moves(objective.search.axes, [point]))[0])
