"""Results of one frame: queries, slices and indices as an xarray Dataset, and a small record."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from echoshift.attacks.queries import query_coordinates, query_variables
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
WHY = "why it was asked first: initial, sweep, map or sample"
PREFIX = {1: "sweep", 2: "map"}
"""Beginning of a slice's name, by the number of settings that vary."""


def ledger(design: Design, answers: Answers, unknown: np.ndarray, attributes: dict[str, Any]) -> "xr.Dataset":
    """Convert the answers to a Dataset with dimensions `query`, `parameter`, `class` and those of the slices.

    `sweep_NAME` (`sweep_value_NAME`, class) and `map_NAME_NAME` (`map_value_NAME`, `map_value_NAME`, class) are scores.
    `first` and `total` (class, parameter) are Sobol indices. `unknown` (query,) is from the plan.
    `attributes` are those of the Dataset (JSON values).
    """
    import xarray as xr  # not needed before a frame has finished

    slices, values = {}, {}
    for one in answers.slices:
        dims = _dims(one.names)
        slices[_name(one.names)] = ((*dims, "class"), one.scores, described("score of each class"))
        for name, dim, own in zip(one.names, dims, one.values, strict=True):
            values[dim] = (dim, own, described(SETTINGS[name].long_name, SETTINGS[name].unit))
    of_log_odds = "Sobol index of the log-odds of each class"
    return xr.Dataset(
        {
            **query_variables(design.axes, answers.points, answers.scores, answers.wrong, unknown, answers.kinds, WHY),
            **slices,
            "first": (("class", "parameter"), answers.first, described(f"first-order {of_log_odds}")),
            "total": (("class", "parameter"), answers.total, described(f"total {of_log_odds}")),
        },
        coords={
            **query_coordinates(design.axes, answers.scores),
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
