"""The field of a lattice: the scores of one frame over all searched settings, as an xarray Dataset."""

from typing import Any

import numpy as np
import xarray as xr

from echoshift.attacks.lattice_points import by_distance, points, shape, values
from echoshift.attacks.objective import Objective
from echoshift.classifiers.answers import logits, margin
from echoshift.reconstruction.cache import described
from echoshift.settings import SETTINGS

LONGEST_CHUNK = 32
"""Values of each setting in a chunk."""
REASONS = ("asked", "cannot_flip_under_the_assumption", "not_nearer_than_the_nearest_flip")
"""Why a point was skipped; stored as the index into this tuple."""


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
        (..., class) of more, float32, NaN where not asked; `wrong` and `flipped`, bool, as in `Query`; `skipped`, int8,
        an index in `REASONS`. Attributes: see `figures`, and the notes of the search.
    """
    axes, queries = objective.search.axes, objective.queries
    sizes, names, at = shape(axes), [axis.name for axis in axes], _places(objective)
    asked = np.array([query.scores for query in queries])
    scores = np.full((*sizes, asked.shape[1]), np.nan)
    scores[at] = asked
    wrong, flipped = np.zeros((2, *sizes), dtype=bool)
    wrong[at] = [query.wrong for query in queries]
    flipped[at] = [query.flipped for query in queries]
    if scores.shape[-1] == 2:
        of_scores = {"logit": (names, logits(scores)[..., 0].astype("f4"), described("logit of the positive class"))}
    else:
        of_scores = {"score": ([*names, "class"], scores.astype("f4"), described("score of each class"))}
    reasons = described("why it was not asked", flag_values=list(range(len(REASONS))), flag_meanings=" ".join(REASONS))
    found = xr.Dataset(
        {
            **of_scores,
            "wrong": (names, wrong, described("whether the answer is wrong, by more than the engine's tolerance")),
            "flipped": (names, flipped, described("whether it is a flip: a wrong answer that the attack looks for")),
            "skipped": (names, _reasons(objective, at, flipped), reasons),
        },
        coords={
            axis.name: (axis.name, values(axis), described(SETTINGS[axis.name].long_name, SETTINGS[axis.name].unit))
            for axis in axes
        },
        attrs={**figures(objective, margin(scores, objective.label), flipped), **objective.notes},
    )
    for variable in found.data_vars.values():
        variable.encoding["chunks"] = tuple(min(LONGEST_CHUNK, size) for size in variable.shape)
    return found


def _places(objective: Objective) -> tuple[np.ndarray, ...]:
    """Place of each query on the lattice, an index (query,) for each setting."""
    indices = [{value: i for i, value in enumerate(values(axis))} for axis in objective.search.axes]
    found = [[index[value] for index, value in zip(indices, q.point, strict=True)] for q in objective.queries]
    return tuple(np.array(found).T)


def _reasons(objective: Objective, asked: tuple[np.ndarray, ...], flipped: np.ndarray) -> np.ndarray:
    """Why points were skipped, int8 over the searched settings."""
    order = by_distance(objective.search.axes, points(objective.search.axes))
    reasons = np.ones(flipped.shape, dtype="i1")
    if flipped.any():
        reasons.flat[order[np.argmax(flipped.flat[order]) :]] = 2
    reasons[asked] = 0
    return reasons


def figures(objective: Objective, margins: np.ndarray, flipped: np.ndarray) -> dict[str, Any]:
    """Main figures of a field, as JSON values.

    Parameters
    ----------
    objective : Objective
    margins : ndarray of float64
        Margin of the label over the searched settings, NaN where not asked.
    flipped : ndarray of bool
        Over the searched settings.

    Returns
    -------
    dict
        `points` and `asked`: numbers of points. `attackable`: whether one of them is a flip. `flipped_share`: share of the
        points that flip; `flipped_volume`: the same, each point weighted with its part of the box (trapezoidal rule), an
        estimate for settings drawn uniformly. Both are None if points were skipped. `smallest_margin` of the points asked,
        in logits, and `smallest_margin_settings`. `largest_change`: of the margin between neighbours, in logits; None if no
        neighbours were asked.
    """
    axes, is_asked = objective.search.axes, np.isfinite(margins)
    least = np.unravel_index(np.nanargmin(margins), margins.shape)
    point = [values(axis)[i] for axis, i in zip(axes, least, strict=True)]
    changes = np.concatenate([np.abs(np.diff(margins, axis=i)).ravel() for i in range(margins.ndim)])
    changes = changes[np.isfinite(changes)]
    return {
        "points": margins.size,
        "asked": int(is_asked.sum()),
        "attackable": bool(flipped.any()),
        "flipped_share": float(flipped.mean()) if is_asked.all() else None,
        "flipped_volume": float((flipped * parts(objective)).sum()) if is_asked.all() else None,
        "smallest_margin": float(margins[least]),
        "smallest_margin_settings": objective.settings(point),
        "largest_change": float(changes.max()) if changes.size else None,
    }


def parts(objective: Objective) -> np.ndarray:
    """Part of the box that each point of the lattice stands for, over the searched settings; the sum is 1.

    It reaches half-way to the neighbours along each setting, as in the trapezoidal rule.
    """
    found = np.ones(())
    for axis in objective.search.axes:
        own = np.array(values(axis))
        edges = np.concatenate([own[:1], (own[1:] + own[:-1]) / 2, own[-1:]])
        held_still = len(own) == 1
        found = np.multiply.outer(found, np.ones(1) if held_still else np.diff(edges) / (own[-1] - own[0]))
    return found
