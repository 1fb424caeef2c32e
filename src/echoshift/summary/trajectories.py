"""All trajectories of a study in one zarr store on a common grid, written block by block.

The dimensions are `classifier, attack, frame`, then `query` or `iteration`, then `parameter` or
`class`; unused entries are NaN.
The images stay in the attacks' own stores: two per trajectory would take hundreds of megabytes in a large study, and
their sizes may differ.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from echoshift.attacks.settings import Search
from echoshift.attacks.trajectory import TRAJECTORY
from echoshift.classifiers.score_columns import score_cells
from echoshift.settings import SETTINGS
from echoshift.storage.stores import consolidate
from echoshift.summary.attack_results import read_trajectory, refuse
from echoshift.summary.study_results import Findings

FRAMES_A_CHUNK = 128
"""The largest chunk of a study of three settings or classes is about 300 kB: few files, and little memory."""

KINDS = ("initial", "probe", "step", "sample")
"""Reason for a query; stored as the index into this tuple."""


@dataclass(frozen=True)
class Variable:
    """One array over `classifier, attack, frame` and further dimensions.

    Attributes
    ----------
    dimensions : tuple of str
        Dimensions after `frame`.
    long_name, units : str
    dtype : str
    fill : number or str
        Value of missing entries; xarray shows -1 as NaN.
    """

    dimensions: tuple[str, ...]
    long_name: str
    units: str = "1"
    dtype: str = "float64"
    fill: float | str = np.nan

    def attributes(self) -> dict[str, Any]:
        """The attributes as xarray expects them."""
        return {"long_name": self.long_name, "units": self.units, **({"_FillValue": -1} if self.fill == -1 else {})}


QUERY, POINT, SETTING, CLASS = ("query",), ("iteration",), ("parameter",), ("class",)
OWN_UNITS = "that of coordinate unit"
COPIED = {
    "query_settings": Variable(QUERY + SETTING, "settings asked", OWN_UNITS),
    "query_scores": Variable(QUERY + CLASS, "score of each class"),
    "query_loss": Variable(QUERY, "cross-entropy of the label, or minus that of the target", "nat"),
    "query_wrong": Variable(QUERY, "whether the answer is wrong; -1: not asked", dtype="int8", fill=-1),
    "query_flipped": Variable(QUERY, "whether it is a flip that the attack aims at", dtype="int8", fill=-1),
    "query_iteration": Variable(QUERY, "iteration in which it was asked", dtype="int32", fill=-1),
    "query_kind": Variable(QUERY, f"why it was asked: index in {', '.join(KINDS)}", dtype="int8", fill=-1),
    "settings": Variable(POINT + SETTING, "settings stood on, from the initial point", OWN_UNITS),
    "scores": Variable(POINT + CLASS, "score of each class where the attack stood"),
    "loss": Variable(POINT, "loss where the attack stood", "nat"),
    "differences": Variable(POINT + SETTING, "central difference of the loss", f"nat per {OWN_UNITS}"),
}
"""These have the same names in the attacks' own stores."""
OF_TWO = {
    "query_logit": Variable(QUERY, "logit of the positive class"),
    "logit": Variable(POINT, "logit of the positive class where the attack stood"),
}
"""Copied too, of a study with two classes."""
BOUNDS = {
    "low": Variable(SETTING, "lower bound; NaN where the attack does not search the setting", OWN_UNITS),
    "high": Variable(SETTING, "upper bound", OWN_UNITS),
    "step": Variable(SETTING, "probe distance", OWN_UNITS),
    "rate": Variable(SETTING, "move of one iteration", OWN_UNITS),
}
ENDS = {
    "n_queries": Variable((), "queries that are not padding; 0: not attacked", dtype="int32", fill=0),
    "n_iterations": Variable(
        (), "valid entries along iteration, the initial point included: one more than moves", dtype="int32", fill=0
    ),
    "outcome": Variable(
        (),
        "how the attack ended; not_attacked: misclassified from the start; of_target: not attacked either",
        dtype="str",
        fill="",
    ),
}
VARIABLES = {**COPIED, **OF_TWO, **BOUNDS, **ENDS}


Track = Callable[[Sequence[Any], str, int], Iterable[Any]]
"""Yields the given items and shows progress; the other arguments are a description and the number of items."""


def untracked(items: Sequence[Any], description: str, total: int) -> Iterable[Any]:
    """Return the items without showing progress."""
    return items


def write_trajectories(
    path: Path, findings: Findings, results: Path, attributes: Mapping[str, Any], track: Track = untracked
) -> None:
    """Write the store.

    Parameters
    ----------
    path : Path
        The new store; it must not exist.
    findings : Findings
    results : Path
        Results folder, which contains `attacks/`.
    attributes : mapping
        The store's attributes (JSON values).
    track : callable
        Shows progress.
    """
    study = findings.study
    rows = {run: findings.rows[run] for run in study.stored_runs}
    attacks = list(dict.fromkeys(attack for _, attack in rows))
    sizes = {
        "classifier": len(study.classifiers),
        "attack": len(attacks),
        "frame": max(len(of_run) for of_run in rows.values()),
        "query": max(1, max(row["asked"] or 0 for of_run in rows.values() for row in of_run)),
        "iteration": 1 + max(row["moves"] or 0 for of_run in rows.values() for row in of_run),
        "parameter": len(study.settings),
        "class": len(study.classes),
    }
    variables = {name: one for name, one in VARIABLES.items() if sizes["class"] == 2 or name not in OF_TWO}
    images = "FOLDER/trajectory.zarr, with the column folder of summary/frames.csv"
    group = zarr.create_group(path, attributes={**attributes, "images": images})
    for name, variable in variables.items():
        dimensions = ("classifier", "attack", "frame", *variable.dimensions)
        shape = tuple(sizes[dimension] for dimension in dimensions)
        chunks = (1, 1, min(FRAMES_A_CHUNK, shape[2]), *shape[3:])
        group.create_array(
            name, shape=shape, chunks=chunks, dtype=variable.dtype, fill_value=variable.fill,
            dimension_names=dimensions, attributes=variable.attributes(),
        )  # fmt: skip
    _write_coordinates(group, findings, attacks, sizes)
    starts = range(0, sizes["frame"], FRAMES_A_CHUNK)
    places = {run: (list(study.classifiers).index(run[0]), attacks.index(run[1])) for run in rows}
    blocks = list(product(rows, starts))
    for (classifier, attack), start in track(blocks, "Trajectories", len(blocks)):
        block = rows[classifier, attack][start : start + FRAMES_A_CHUNK]
        padded = _empty(len(block), sizes, variables)
        for k, row in enumerate(block):
            padded["outcome"][k] = row["outcome"]
            if row["moves"] is not None:
                _fill(padded, k, row, study.searches[attack][row["frame_id"]], study.settings, results)
        for name, values in padded.items():
            group[name][*places[classifier, attack], start : start + len(block)] = values
    consolidate(path)


def _write_coordinates(group: zarr.Group, findings: Findings, attacks: Sequence[str], sizes: Mapping[str, int]) -> None:
    study = findings.study
    some = next(iter(findings.rows.values()))  # every run has the same frames
    labels = [-1 if row["label"] is None else row["label"] for row in some]
    protocols = [entry.protocol for entry in study.classifiers.values()]
    coordinates = (
        ("classifier", "classifier", list(study.classifiers), "str", "entry of classifiers"),
        ("attack", "attack", list(attacks), "str", "entry of attacks"),
        ("frame", "frame", [row["frame_id"] for row in some], "str", "frame id"),
        ("parameter", "parameter", study.settings, "str", "setting"),
        ("class", "class", list(study.classes), "str", "class"),
        ("query", "query", np.arange(sizes["query"]), "int32", "order of asking"),
        ("iteration", "iteration", np.arange(sizes["iteration"]), "int32", "points stood on"),
        ("protocol", "classifier", protocols, "str", "how the classifier was trained and judged"),
        ("label", "frame", labels, "int8", "true label, a place in class, from 0; -1: unknown"),
        ("unit", "parameter", [SETTINGS[name].unit for name in study.settings], "str", "unit of the setting"),
    )
    for name, dimension, values, dtype, long_name in coordinates:
        array = group.create_array(
            name, shape=(len(values),), chunks=(len(values),), dtype=dtype, dimension_names=(dimension,),
            attributes={"long_name": long_name, "units": "1"},
        )  # fmt: skip
        array[:] = np.array(values, dtype=object if dtype == "str" else dtype)
    group.attrs["coordinates"] = "protocol label unit"  # makes xarray treat them as coordinates


def _empty(n_frames: int, sizes: Mapping[str, int], variables: Mapping[str, Variable]) -> dict[str, np.ndarray]:
    """All arrays of one attack for a block of frames, filled with missing values."""
    return {
        name: np.full(
            (n_frames, *(sizes[dimension] for dimension in variable.dimensions)),
            variable.fill,
            dtype=object if variable.dtype == "str" else variable.dtype,
        )
        for name, variable in variables.items()
    }


def _fill(
    padded: dict[str, np.ndarray], k: int, row: Mapping[str, Any], search: Search, names: Sequence[str], results: Path
) -> None:
    """Copy one attack's arrays into position `k` of a block."""
    searched = [names.index(axis.name) for axis in search.axes]
    folder = results / row["folder"]
    for name, values in _stored(folder, row, [axis.name for axis in search.axes], padded).items():
        if VARIABLES[name].dimensions[1:] == SETTING:
            padded[name][k, : len(values), searched] = values.T
        else:
            padded[name][k, : len(values)] = values
    for name in BOUNDS:
        padded[name][k, searched] = [getattr(axis, name) for axis in search.axes]
    padded["n_queries"][k], padded["n_iterations"][k] = n_queries, n_points = row["asked"], row["moves"] + 1
    for name, value in search.fixed.items():
        padded["query_settings"][k, :n_queries, names.index(name)] = value
        padded["settings"][k, :n_points, names.index(name)] = value


def _stored(
    folder: Path, row: Mapping[str, Any], searched: list[str], padded: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Read one attack's arrays, those with names in `padded`. They must match its record."""
    where = f"{folder / TRAJECTORY}: frame {row['frame_id']}"
    arrays = read_trajectory(folder, [name for name in (*COPIED, *OF_TWO) if name in padded])
    found, expected = (len(arrays["query_loss"]), len(arrays["loss"])), (row["asked"], row["moves"] + 1)
    if found != expected:
        sizes = f"{where}: found {found[0]} queries and {found[1]} points"
        refuse(folder, sizes, f"{expected[0]} and {expected[1]} as in its record")
    # A missing chunk silently reads as fill values.
    for end, at in (("initial", 0), ("final", -1)):
        found = arrays["settings"][at].tolist()
        if found != [row[f"{end}_{name}"] for name in searched]:
            refuse(folder, f"{where}: found {end} settings {found}", "the values in its record")
        for name, value in score_cells(arrays["scores"][at], with_probabilities=False).items():
            if value is not None and value != row[f"{end}_{name}"]:
                refuse(folder, f"{where}: found {end} {name} {value}", "the value in its record")
    complete = set(padded) & {"query_settings", "query_scores", "query_logit", "query_loss", "logit", "loss"}
    holes = [name for name in sorted(complete) if not np.isfinite(arrays[name]).all()]
    holes += ["query_kind"] * (not set(arrays["query_kind"].tolist()) <= set(KINDS))
    moved = np.isin(arrays["query_kind"], ("step", "sample"))  # never in iteration 0
    holes += ["query_iteration"] * bool((arrays["query_iteration"][moved] < 1).any())
    if holes:
        refuse(folder, f"{where}: found missing values in {', '.join(holes)}", "a value for each query")
    arrays["query_kind"] = np.array([KINDS.index(kind) for kind in arrays["query_kind"]])
    return arrays
