"""How a search that asks one point at a time goes on and ends."""

from collections.abc import Iterable, Iterator

import numpy as np

from echoshift.attacks.box import Box
from echoshift.attacks.objective import BudgetSpent, Objective, Query


def until_flipped(objective: Objective, queries: Iterable[Query]) -> str:
    """Stand on each query with a higher loss than before, until the search is over.

    Parameters
    ----------
    objective : Objective
        Already stands on its initial point.
    queries : iterable of Query
        Each is asked when it is drawn from the iterable.

    Returns
    -------
    str
        `flipped`, `exhausted`, or `stalled` if there are no more queries.
    """
    try:
        for query in queries:
            if objective.stand_on_best(query):
                return "flipped"
    except BudgetSpent:
        return "exhausted"
    return "stalled"


def sample(objective: Objective, point: Iterable[float]) -> Query:
    """Ask one point. The number of its iteration is that of the queries before it."""
    return objective.query([tuple(point)], "sample", len(objective.queries))[0]


def until_asked(objective: Objective, queries: Iterable[Query], most: int) -> Iterator[Query]:
    """Those of the queries that are asked until the record has `most`."""
    if len(objective.queries) >= most:
        return
    for query in queries:
        yield query
        if len(objective.queries) >= most:
            return


def first_new(objective: Objective, box: Box, places: np.ndarray) -> tuple[float, ...] | None:
    """The point of the first place that has not been asked, None if all have."""
    known = {query.point for query in (*objective.prior, *objective.queries)}
    points = (objective.within(box.point(place)) for place in places)
    return next((point for point in points if point not in known), None)
