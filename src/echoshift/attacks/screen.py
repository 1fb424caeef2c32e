"""A lattice asked from coarse to fine, without the points that cannot flip under a stated assumption.

The coarsest lattice has every fourth value of each setting, counted from the initial one, and the bounds. Each finer one
halves its cells. Assumption: at a new point the margin is at most `FALL` times the spread below the smallest margin of the
corners of its cell. The spread is the largest of these margins less the smallest, but not less than that of three quarters
of the new points of the same lattice, as two corners may be equal by chance. A point that cannot flip under it is skipped,
and from then on the mean of its corners stands for it. A point farther than the nearest flip found is skipped too; nothing
is assumed of it.
"""

from itertools import product

import numpy as np

from echoshift.attacks.axes import Axis
from echoshift.attacks.lattice_points import by_distance, points, shape, values
from echoshift.attacks.objective import Objective, Query
from echoshift.classifiers.answers import margin

WIDTHS = (4, 2, 1)
"""Steps between neighbouring values, from the coarsest lattice to the whole one."""
FALL = 1.5
"""Largest fall of the margin below the corners of a cell, in spreads."""
LEAST_SPREAD = 0.75
"""Quantile of the spreads of a lattice that replaces smaller ones."""


def ask_screened(objective: Objective, block: int) -> None:
    """Ask the points of a lattice that may flip and are nearer than any flip found.

    Parameters
    ----------
    objective : Objective
        Stands on its initial point. Receives `sample` queries, with the number of the lattice as their iteration, 1 for
        the coarsest, and the notes `assumed_fall` and `largest_fall`: the assumption, and the largest fall seen at the
        points asked under it, in spreads (None if there are none).
    block : int
        Points asked at once.
    """
    axes = objective.search.axes
    everything = points(axes)
    order = by_distance(axes, everything)
    rank = np.empty(shape(axes), dtype=int)
    rank.flat[order] = np.arange(len(order))
    margins = np.full(rank.shape, np.nan)
    nearest, falls = len(order), []
    for level, width in enumerate(WIDTHS, start=1):
        fine = [coordinates(axis, width) for axis in axes]
        here = np.ix_(*fine)
        is_new = np.isnan(margins[here])
        may_flip = is_new
        if not is_new.any():
            continue
        if width < WIDTHS[0]:
            corners = _corners(margins, [coordinates(axis, 2 * width) for axis in axes], fine)
            least, spread = corners.min(axis=0), np.ptp(corners, axis=0)
            spread = np.maximum(spread, np.quantile(spread[is_new], LEAST_SPREAD))
            may_flip = is_new & (least - FALL * spread <= 0)
        ranks = np.sort(rank[here][may_flip])
        for start in range(0, len(ranks), block):
            chosen = ranks[start : start + block]
            if width < WIDTHS[0]:
                chosen = chosen[chosen < nearest]
            queries = objective.query(everything[order[chosen]], "sample", level)
            for place, query in zip(chosen, queries, strict=True):
                objective.stand_on_best(query)
                margins.flat[order[place]] = _margin(objective, query)
                nearest = min(nearest, place) if query.flipped else nearest
        if width < WIDTHS[0]:
            found = margins[here]
            known = is_new & (spread > 0) & np.isfinite(found)
            falls += list((least[known] - found[known]) / spread[known])
            margins[here] = np.where(np.isnan(found), corners.mean(axis=0), found)
    objective.notes |= {"assumed_fall": FALL, "largest_fall": float(max(falls)) if falls else None}


def coordinates(axis: Axis, width: int) -> np.ndarray:
    """Places of every `width`-th value of a setting, counted from the initial one, and of the bounds: int (value,)."""
    found = values(axis)
    start, end = found.index(axis.initial), len(found) - 1
    return np.unique([0, *range(start % width, end, width), end])


def _corners(margins: np.ndarray, coarse: list[np.ndarray], fine: list[np.ndarray]) -> np.ndarray:
    """Margins at the corners of each fine point's cell in the coarse lattice, (corner, fine points of each setting)."""
    below = [own[np.searchsorted(own, at, side="right") - 1] for own, at in zip(coarse, fine, strict=True)]
    above = [own[np.searchsorted(own, at)] for own, at in zip(coarse, fine, strict=True)]
    return np.array([margins[np.ix_(*corner)] for corner in product(*zip(below, above, strict=True))])


def _margin(objective: Objective, query: Query) -> float:
    """What is not positive at a flip: the margin of the label, or minus that of the target."""
    target = objective.search.target
    scores = np.array(query.scores)
    return float(margin(scores, objective.label) if target is None else -margin(scores, target))
