"""Results of one attacked frame: its trajectory as an xarray Dataset, and a small record."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from echoshift.attacks.distance import largest_move, moves, root_mean_square
from echoshift.attacks.objective import Objective
from echoshift.attacks.queries import LOGIT, query_coordinates, query_variables, units_of
from echoshift.classifiers.answers import answer, logits
from echoshift.jobs.frame_job import CODE, RECORD
from echoshift.reconstruction.cache import described
from echoshift.reconstruction.plans import Plan
from echoshift.storage.files import write_json, written_whole
from echoshift.storage.stores import as_attributes, write_dataset

if TYPE_CHECKING:
    import xarray as xr

TRAJECTORY = "trajectory.zarr"
FIELD = "field.zarr"
"""Store of an exhaustive search, see `echoshift.attacks.field`."""
WHY = "why it was asked: initial, probe, step or sample"
IMAGE_ATTRIBUTES = {"units": "1", "long_name": "8-bit B-mode image"}


def trajectory(objective: Objective, plan: Plan, images: np.ndarray, attributes: dict[str, Any]) -> "xr.Dataset":
    """Convert the queries and iterations of a finished search to a Dataset.

    Parameters
    ----------
    objective : Objective
        State after the search.
    plan : Plan
        The frame's.
    images : ndarray of uint8, (2, z, x)
        Images at the first and last point of the path.
    attributes : dict
        Attributes of the Dataset that identify the run (JSON values).

    Returns
    -------
    Dataset
        Dimensions `query`, `iteration`, `parameter`, `class`, `z`, `x`. The first iteration is the initial point, the last
        one the final point. With two classes, the logits are stored too.
    """
    import xarray as xr  # not needed before an attack has finished

    axes, queries, path = objective.search.axes, objective.queries, objective.iterations
    units = units_of(axes)
    slope = described(
        "central difference of the loss; NaN where none was taken", "nat per unit of the setting", **units
    )
    asked, stood = (np.array([one.scores for one in of]) for of in (queries, path))
    loss = described(
        "cross-entropy of the label" if objective.search.target is None else "minus the cross-entropy of the target",
        "nat",
    )
    of_two = {"logit": ("iteration", logits(stood)[:, 0], described(LOGIT))} if asked.shape[1] == 2 else {}
    points, wrong, kinds = ([getattr(query, name) for query in queries] for name in ("point", "wrong", "kind"))
    unknown = plan.unknown([objective.settings(point) for point in points])
    return xr.Dataset(
        {
            **query_variables(axes, points, asked, wrong, unknown, kinds, WHY),
            **of_two,
            "query_loss": ("query", [q.loss for q in queries], loss),
            "query_flipped": (
                "query",
                [q.flipped for q in queries],
                described("whether it is a flip: a wrong answer that the attack aims at, on a picture that it accepts"),
            ),
            "query_iteration": ("query", [q.iteration for q in queries], described("iteration in which it was asked")),
            "settings": (
                ("iteration", "parameter"),
                [step.point for step in path],
                described("settings stood on", **units),
            ),
            "scores": (("iteration", "class"), stood, described("score of each class")),
            "loss": ("iteration", [step.loss for step in path], loss),
            "differences": (("iteration", "parameter"), [step.differences for step in path], slope),
            "step": ("parameter", [axis.step for axis in axes], described("probe distance", **units)),
            "rate": ("parameter", [axis.rate for axis in axes], described("move of one iteration", **units)),
            "initial_image": (("z", "x"), images[0], IMAGE_ATTRIBUTES),
            "final_image": (("z", "x"), images[1], IMAGE_ATTRIBUTES),
        },
        coords={
            **query_coordinates(axes, asked),
            "iteration": ("iteration", np.arange(len(path)), described("points stood on")),
            "z": ("z", plan.z, described("depth below the middle of the face", plan.grid.unit)),
            "x": ("x", plan.x, described("lateral position", plan.grid.unit)),
        },
        attrs=attributes,
    )


def bounds_touched(outcome: str, objective: Objective) -> list[str]:
    """Bounds that the path reached, such as `beta_max`, and those it was clipped to at its end (`at_bounds`).

    A bound at which the path only started does not count, nor do bounds that coincide.
    """
    touched = []
    for i, axis in enumerate(objective.search.axes):
        values = [step.point[i] for step in objective.iterations]
        reached = {after for before, after in pairwise(values) if after != before}
        reached |= {values[-1]} if outcome == "at_bounds" else set()
        bounds = (("min", axis.low), ("max", axis.high)) if axis.low < axis.high else ()
        touched += [f"{axis.name}_{end}" for end, bound in bounds if bound in reached]
    return touched


def record_of(outcome: str, objective: Objective, about: Mapping[str, Any]) -> dict[str, Any]:
    """Small record for the summary: identity, outcome, both ends of the path and the nearest flip.

    `queries` counts what was asked until the path reached the flip in which it ends, `asked` all.
    """
    queries, first, last = objective.queries, objective.iterations[0], objective.iterations[-1]
    of_two = {}
    if len(first.scores) == 2:
        of_two = {f"{end}_logit": float(logits(at.scores)[0]) for end, at in (("initial", first), ("final", last))}
    flips = [i for i, query in enumerate(queries, start=1) if query.flipped]
    return {
        **about,
        "search": objective.search.model_dump(mode="json"),
        "outcome": outcome,
        "queries": last.asked if objective.has_arrived else len(queries),
        "asked": len(queries),
        "moves": len(objective.iterations) - 1,
        "first_misclassified_query": flips[0] if flips else None,
        "n_wrong": sum(query.wrong for query in queries),
        "tolerance": objective.tolerance,
        "bounds_touched": bounds_touched(outcome, objective),
        "initial_settings": objective.settings(first.point),
        "final_settings": objective.settings(last.point),
        **of_two,
        "initial_scores": list(first.scores),
        "final_scores": list(last.scores),
        "initial_answer": int(answer(first.scores)),
        "final_answer": int(answer(last.scores)),
        "nearest": nearest_flip(objective),
    }


def nearest_flip(objective: Objective) -> dict[str, Any] | None:
    """The flip with the smallest largest move among all queries, probes included; None without a flip.

    Of equally near ones, the one with the smaller root mean square, then the one asked first.
    """
    flips = [query for query in objective.queries if query.flipped]
    if not flips:
        return None
    shares = moves(objective.search.axes, np.array([query.point for query in flips]))
    largest, mean = largest_move(shares), root_mean_square(shares)
    at = min(range(len(flips)), key=lambda i: (largest[i], mean[i]))
    return {
        "query": objective.queries.index(flips[at]) + 1,
        "linf": float(largest[at]),
        "l2": float(mean[at]),
        "settings": objective.settings(flips[at].point),
        "scores": list(flips[at].scores),
        "answer": flips[at].answer,
    }


def write_result(
    folder: str | Path,
    outcome: str,
    objective: Objective,
    plan: Plan,
    about: Mapping[str, Any],
    code: str | None = None,
    field: "xr.Dataset | None" = None,
) -> dict[str, Any]:
    """Write `trajectory.zarr`, `record.json` and, if given, `code.sha256` and `field.zarr` atomically.

    Returns the record. The attributes of `field` are part of it.
    """
    record = record_of(outcome, objective, about)
    attributes = as_attributes(record)
    if field is not None:
        record["field"] = field.attrs
    images = plan.render_many([record["initial_settings"], record["final_settings"]])
    with written_whole(folder) as draft:
        draft.mkdir()
        dataset = trajectory(objective, plan, images, attributes)
        write_dataset(dataset, draft / TRAJECTORY)
        if field is not None:
            write_dataset(field.assign_attrs({**as_attributes(field.attrs), **attributes}), draft / FIELD)
        write_json(draft / RECORD, record)
        if code:
            (draft / CODE).write_text(f"{code}\n", encoding="ascii")
    return record
