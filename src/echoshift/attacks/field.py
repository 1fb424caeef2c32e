"""The field of a lattice: the scores of one frame over all searched settings, as an xarray Dataset."""

from typing import Any

import numpy as np
import xarray as xr

from echoshift.attacks.lattice_points import shape, values
from echoshift.attacks.objective import Objective
from echoshift.classifiers.answers import logits, margin
from echoshift.reconstruction.cache import described
from echoshift.settings import SETTINGS

LONGEST_CHUNK = 32
"""Values of each setting in a chunk."""


def field_of(objective: Objective) -> xr.Dataset:
    """Collect the answers of a finished lattice.

    Parameters
    ----------
    objective : Objective
        Has asked points of its lattice, and no others.

    Returns
    -------
    Dataset
        One dimension for each searched setting, in the order of the search. Variables: `logit` of two classes or `score`
        (..., class) of more, float32, NaN where not asked; `wrong` and `flipped`, bool, as in `Query`; `asked`, bool.
        Attributes: see `figures`.
    """
    axes, queries = objective.search.axes, objective.queries
    sizes, names = shape(axes), [axis.name for axis in axes]
    at = _places(objective)
    asked_scores = np.array([query.scores for query in queries])
    scores = np.full((*sizes, asked_scores.shape[1]), np.nan)
    scores[at] = asked_scores
    flags = {name: np.zeros(sizes, dtype=bool) for name in ("wrong", "flipped", "asked")}
    flags["wrong"][at] = [query.wrong for query in queries]
    flags["flipped"][at] = [query.flipped for query in queries]
    flags["asked"][at] = True
    if scores.shape[-1] == 2:
        of_scores = {"logit": (names, logits(scores)[..., 0].astype("f4"), described("logit of the positive class"))}
    else:
        of_scores = {"score": ([*names, "class"], scores.astype("f4"), described("score of each class"))}
    found = xr.Dataset(
        {
            **of_scores,
            "wrong": (names, flags["wrong"], described("whether the answer is wrong, by more than the tolerance")),
            "flipped": (names, flags["flipped"], described("whether it is a flip that the attack looks for")),
            "asked": (names, flags["asked"], described("whether it was asked")),
        },
        coords={
            axis.name: (axis.name, values(axis), described(SETTINGS[axis.name].long_name, SETTINGS[axis.name].unit))
            for axis in axes
        },
        attrs=figures(objective, margin(scores, objective.label), **flags),
    )
    for variable in found.data_vars.values():
        variable.encoding["chunks"] = tuple(min(LONGEST_CHUNK, size) for size in variable.shape)
    return found


def _places(objective: Objective) -> tuple[np.ndarray, ...]:
    """Place of each query on the lattice, an index (query,) for each setting."""
    indices = [{value: i for i, value in enumerate(values(axis))} for axis in objective.search.axes]
    found = [[index[value] for index, value in zip(indices, q.point, strict=True)] for q in objective.queries]
    return tuple(np.array(found).T)


def figures(
    objective: Objective, margins: np.ndarray, wrong: np.ndarray, flipped: np.ndarray, asked: np.ndarray
) -> dict[str, Any]:
    """Main figures of a field, as JSON values.

    Parameters
    ----------
    objective : Objective
    margins : ndarray of float64
        Margin of the label over the searched settings, NaN where not asked.
    wrong, flipped, asked : ndarray of bool
        Over the searched settings.

    Returns
    -------
    dict
        `points` and `asked`: numbers of points. `attackable`: whether one of them is a flip. `flipped_share`: share of the
        points that flip. `flipped_volume`: the same, each point weighted with its part of the box (trapezoidal rule):
        an estimate for settings drawn uniformly. `smallest_margin`, in logits, and `smallest_margin_settings`.
        `largest_change`: of the margin between two neighbours that were asked, in logits; None if there are none.
    """
    axes = objective.search.axes
    least = np.unravel_index(np.nanargmin(margins), margins.shape)
    point = [values(axis)[i] for axis, i in zip(axes, least, strict=True)]
    changes = [np.abs(np.diff(margins, axis=i)).ravel() for i in range(margins.ndim)]
    known = np.concatenate(changes)
    known = known[np.isfinite(known)]
    return {
        "points": int(asked.size),
        "asked": int(asked.sum()),
        "attackable": bool(flipped.any()),
        "flipped_share": float(flipped.mean()),
        "flipped_volume": float((flipped * weights(objective)).sum()),
        "smallest_margin": float(margins[least]),
        "smallest_margin_settings": objective.settings(point),
        "largest_change": float(known.max()) if known.size else None,
    }


def weights(objective: Objective) -> np.ndarray:
    """Part of the box that each point of the lattice stands for, over the searched settings; the sum is 1.

    Half-way to its neighbours along each setting, as in the trapezoidal rule. A setting that is held still has one part.
    """
    parts = np.ones(())
    for axis in objective.search.axes:
        found = np.array(values(axis))
        own = np.ones(1)
        if len(found) > 1:
            edges = np.concatenate([found[:1], (found[1:] + found[:-1]) / 2, found[-1:]])
            own = np.diff(edges) / (found[-1] - found[0])
        parts = np.multiply.outer(parts, own)
    return parts
