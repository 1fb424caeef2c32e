"""What is known about one classifier's scores of one frame over the settings, for the browser."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from echoshift.classifiers.answers import logits, margin
from echoshift.console.asked import Asked, Field
from echoshift.console.interpolation import far_apart, interpolate
from echoshift.settings import DECIMALS, SETTINGS

MOST = 1500
"""Scores are interpolated from at most so many queries, as far apart as possible: the cost is the cube of their number."""


@dataclass(frozen=True, eq=False)
class Queries:
    """All queries of one classifier and frame, on the settings that any of them varied.

    Attributes
    ----------
    names : tuple of str
    points : ndarray of float64, (query, setting)
    scores : ndarray of float64, (query, class)
    flipped : ndarray of bool, (query,)
    source : ndarray of uint8, (query,)
        Index in `sources`.
    sources : tuple of str
    paths : dict of list of int
        Queries that each attack stood on.
    boxes : tuple of dict
        For each source, the smallest and the largest value asked of each setting that it moved.
    """

    names: tuple[str, ...]
    points: np.ndarray
    scores: np.ndarray
    flipped: np.ndarray
    source: np.ndarray
    sources: tuple[str, ...]
    paths: Mapping[str, list[int]]
    boxes: tuple[Mapping[str, tuple[float, float]], ...]


def collect(
    initial: Mapping[str, float], scores: Sequence[float], asked: Sequence[Asked], field: Field | None = None
) -> Queries:
    """All queries but those of a lattice, the initial settings first."""
    varied = {name for one in (*asked, *filter(None, [field])) for name in one.names}
    names = tuple(name for name in SETTINGS if name in varied)
    start = np.array([initial.get(name, SETTINGS[name].initial) for name in names])
    points, rows, flipped, source, paths = [start[None]], [np.array([scores])], [np.zeros(1, bool)], [0], {}
    for i, one in enumerate(asked, start=1):
        own = np.tile(start, (len(one.points), 1))
        for name, value in one.fixed.items():
            if name in names:
                own[:, names.index(name)] = value
        own[:, [names.index(name) for name in one.names]] = one.points
        if one.path is not None:
            paths[one.source] = (one.path + len(source)).tolist()
        points.append(own)
        rows.append(one.scores)
        flipped.append(one.flipped)
        source += [i] * len(own)
    sources = ("initial", *(one.source for one in asked))
    points = np.concatenate(points).round(DECIMALS)
    rows, flipped = np.concatenate(rows), np.concatenate(flipped)
    boxes = ({}, *(_box(one) for one in asked))
    return Queries(names, points, rows, flipped, np.array(source, np.uint8), sources, paths, boxes)


def _box(one: Asked) -> dict[str, tuple[float, float]]:
    ends = zip(one.points.min(axis=0).tolist(), one.points.max(axis=0).tolist(), strict=True)
    return dict(zip(one.names, ends, strict=True))


def columns_of(scores: np.ndarray) -> np.ndarray:
    """What is interpolated: the logit of two classes, else the score of each class, (query, column)."""
    return logits(scores) if scores.shape[-1] == 2 else scores


def answers_of(
    queries: Queries, field: Field | None, label: int, bounds: Mapping[str, tuple[float, float]]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Pack the queries, the field and the interpolation between queries.

    Parameters
    ----------
    queries : Queries
    field : Field or None
    label : int
        The margin's class.
    bounds : mapping
        Lower and upper end of the knobs, from which places in the box are counted.

    Returns
    -------
    meta : dict
        JSON values. `names`, `sources`, `paths` as in `Queries`; `label`; `boxes`, as in
        `Queries`, with that of the field; `queries` and `field` with the errors of the margin, see `_errors`.
    arrays : dict of ndarray
    """
    columns = columns_of(queries.scores)
    meta: dict[str, Any] = {
        "names": queries.names,
        "sources": queries.sources,
        "paths": queries.paths,
        "label": label,
        "columns": columns.shape[1],
        "boxes": [*queries.boxes, *([_box_of(field)] if field else [])],
    }
    arrays = {
        "points": queries.points,
        "values": columns,
        "flipped": queries.flipped.astype(np.uint8),
        "source": queries.source,
    }
    distinct = np.unique(queries.points, axis=0, return_index=True)[1]
    if len(distinct) > 1 and queries.names:
        low = np.array([bounds[name][0] for name in queries.names])
        width = np.array([bounds[name][1] - bounds[name][0] or 1.0 for name in queries.names])
        kept = distinct[far_apart((queries.points[distinct] - low) / width, MOST)]
        places, values = (queries.points[kept] - low) / width, columns[kept]
        found = interpolate(places, values, margin(queries.scores[kept], label))
        meta["queries"] = {
            "low": low.tolist(),
            "width": width.tolist(),
            "lengths": found.lengths.tolist(),
            "mean": found.mean.tolist(),
            "n": len(kept),
            **_errors(values, values + found.errors, label, found.block),
        }
        arrays |= {"places": places / found.lengths, "weights": found.weights}
    if field is not None:
        meta["field"] = {
            "names": field.names,
            "fixed": dict(field.fixed),
            "values": [values.tolist() for values in field.values],
            "points": int(np.prod([len(values) for values in field.values])),
            **_error_of_field(field, queries, label),
        }
        arrays["field"] = field.scores.astype(np.float32)
    return meta, arrays


def _box_of(field: Field) -> dict[str, list[float]]:
    return {name: [float(own.min()), float(own.max())] for name, own in zip(field.names, field.values, strict=True)}


def _errors(true: np.ndarray, interpolated: np.ndarray, label: int, block: np.ndarray) -> dict[str, Any]:
    """How far the interpolated margin is off at queries that are left out.

    `typical` is the median over the blocks of the box of the largest error in the block: most queries have others beside
    them, a place in the box has not. `largest` is that of all.
    """
    off = np.abs(margin(_scores(interpolated), label) - margin(_scores(true), label))
    of_blocks = np.zeros(block.max() + 1)
    np.maximum.at(of_blocks, block, off)
    return {"typical": float(np.median(of_blocks)), "largest": float(off.max()), "left_out": len(off)}


def _scores(columns: np.ndarray) -> np.ndarray:
    """Scores up to a shift from what is interpolated."""
    return np.concatenate([np.zeros_like(columns), columns], axis=1) if columns.shape[1] == 1 else columns


def _error_of_field(field: Field, queries: Queries, label: int) -> dict[str, Any]:
    """How far the margin between the points of a lattice is off at the queries between them."""
    from scipy.interpolate import RegularGridInterpolator

    still = [i for i, name in enumerate(queries.names) if name not in field.names]
    fixed = np.array([field.fixed.get(queries.names[i], queries.points[0, i]) for i in still])
    inside = (queries.points[:, still] == fixed).all(axis=1)
    own = queries.points[:, [queries.names.index(name) for name in field.names]]
    for values, column in zip(field.values, own.T, strict=True):
        inside &= (column >= values[0]) & (column <= values[-1])
    on_lattice = np.all([np.isin(column, values) for values, column in zip(field.values, own.T, strict=True)], axis=0)
    chosen = np.flatnonzero(inside & ~on_lattice)
    moved = [i for i, values in enumerate(field.values) if len(values) > 1]
    scores = field.scores.reshape(*(len(values) for values in field.values), -1)
    scores = scores.squeeze(axis=tuple(i for i in range(len(field.values)) if i not in moved))
    if len(chosen) == 0 or not moved:
        return _off_by(np.empty(0))
    interpolator = RegularGridInterpolator([field.values[i] for i in moved], scores)
    found = interpolator(own[chosen][:, moved])
    off = np.abs(margin(_scores(found), label) - margin(queries.scores[chosen], label))
    return _off_by(off[np.isfinite(off)])


def _off_by(off: np.ndarray) -> dict[str, Any]:
    """Median and largest error, (query,); None without a query."""
    known = off.size > 0
    return {
        "typical": float(np.median(off)) if known else None,
        "largest": float(off.max()) if known else None,
        "left_out": off.size,
    }
