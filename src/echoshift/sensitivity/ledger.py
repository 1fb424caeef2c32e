"""Results of one frame: queries, slices and indices as an xarray Dataset, and a small record."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from echoshift.classifiers.answers import logits
from echoshift.jobs.frame_job import CODE, RECORD
from echoshift.reconstruction.cache import described
from echoshift.sensitivity.asking import Answers
from echoshift.sensitivity.settings import Design
from echoshift.sensitivity.slices import Slice, names_of_slices
from echoshift.settings import SETTINGS
from echoshift.storage.files import write_json, written_whole
from echoshift.storage.stores import as_attributes, write_dataset

if TYPE_CHECKING:
    import xarray as xr

STORE = "sensitivity.zarr"
PREFIX = {1: "sweep", 2: "map"}
"""Beginning of a slice's name, by the number of settings that vary."""


def ledger(design: Design, answers: Answers, unknown: np.ndarray, attributes: dict[str, Any]) -> "xr.Dataset":
    """Convert the answers to a Dataset with dimensions `query`, `parameter`, `class` and those of the slices.

    `sweep_NAME` (`sweep_value_NAME`, class) and `map_NAME_NAME` (`map_value_NAME`, `map_value_NAME`, class) are scores.
    `first` and `total` (class, parameter) are Sobol indices. `unknown` (query,) is from the plan.
    `attributes` are those of the Dataset (JSON values).
    """
    import xarray as xr  # not needed before a frame has finished

    # Text has dtype object, which zarr stores with variable length. Fixed-width text is not in its specification.
    names = np.array([axis.name for axis in design.axes], dtype=object)
    units = {"parameter_units": [SETTINGS[name].unit for name in names]}
    of_two = {}
    if answers.scores.shape[1] == 2:
        of_two = {"query_logit": ("query", logits(answers.scores)[:, 0], described("logit of the positive class"))}
    slices, values = {}, {}
    for one in answers.slices:
        dims = _dims(one.names)
        slices[_name(one.names)] = ((*dims, "class"), one.scores, described("score of each class"))
        for name, dim, own in zip(one.names, dims, one.values, strict=True):
            values[dim] = (dim, own, described(SETTINGS[name].long_name, SETTINGS[name].unit))
    of_log_odds = "Sobol index of the log-odds of each class"
    return xr.Dataset(
        {
            **of_two,
            "query_settings": (("query", "parameter"), answers.points, described("settings asked", **units)),
            "query_scores": (("query", "class"), answers.scores, described("score of each class")),
            "query_wrong": (
                "query",
                answers.wrong,
                described("whether the answer is wrong, by more than the tolerance of the engine"),
            ),
            "query_unknown": ("query", unknown, described("share of the sector whose grey is not determined; 0 of RF")),
            "query_kind": (
                "query",
                np.array(answers.kinds, dtype=object),
                described("why it was asked first: initial, sweep, map or sample"),
            ),
            **slices,
            "first": (("class", "parameter"), answers.first, described(f"first-order {of_log_odds}")),
            "total": (("class", "parameter"), answers.total, described(f"total {of_log_odds}")),
            "low": ("parameter", [axis.low for axis in design.axes], described("lower bound", **units)),
            "high": ("parameter", [axis.high for axis in design.axes], described("upper bound", **units)),
        },
        coords={
            "query": ("query", np.arange(len(answers.points)), described("order of asking")),
            "parameter": ("parameter", names, described("setting")),
            "class": (
                "class",
                np.arange(answers.scores.shape[1]),
                described("place of the class in `classes`, from 0"),
            ),
            **values,
        },
        attrs=attributes,
    )


def _name(names: tuple[str, ...]) -> str:
    return "_".join((PREFIX[len(names)], *names))


def _dims(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{PREFIX[len(names)]}_value_{name}" for name in names)


def slices_of(found: "xr.Dataset") -> list[Slice]:
    """The slices of a frame's Dataset."""
    return [
        Slice(names, tuple(found[dim].values for dim in _dims(names)), found[_name(names)].values)
        for names in names_of_slices(found["parameter"].values.tolist())
    ]


def record_of(design: Design, answers: Answers, about: Mapping[str, Any]) -> dict[str, Any]:
    """Small record for the tables: identity, what was asked, initial answer and indices (None where undefined)."""

    def shown(indices: np.ndarray) -> list[list[float | None]]:
        return [[None if np.isnan(value) else value for value in own] for own in indices.tolist()]

    return {
        **about,
        "design": design.model_dump(mode="json"),
        "tolerance": answers.tolerance,
        "initial_scores": answers.scores[0].tolist(),
        "initial_answer": answers.initial_answer,
        "n_queries": len(answers.points),
        "first": shown(answers.first),
        "total": shown(answers.total),
    }


def write_ledger(
    folder: str | Path, design: Design, answers: Answers, unknown: np.ndarray, about: Mapping[str, Any], code: str
) -> None:
    """Write `sensitivity.zarr`, `record.json` and `code.sha256` atomically."""
    record = record_of(design, answers, about)
    with written_whole(folder) as draft:
        draft.mkdir()
        write_dataset(ledger(design, answers, unknown, as_attributes(record)), draft / STORE)
        write_json(draft / RECORD, record)
        (draft / CODE).write_text(f"{code}\n", encoding="ascii")
