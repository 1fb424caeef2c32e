"""Results of one frame: its queries as an xarray Dataset, and a small record. Names are those of an attack's trajectory."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from echoshift.accidental.asking import Answers
from echoshift.accidental.settings import Draws
from echoshift.classifiers.answers import logits
from echoshift.jobs.frame_job import CODE, RECORD
from echoshift.reconstruction.cache import described
from echoshift.settings import SETTINGS
from echoshift.storage.files import write_json, written_whole
from echoshift.storage.stores import as_attributes, write_dataset

if TYPE_CHECKING:
    import xarray as xr

STORE = "draws.zarr"


def ledger(draws: Draws, answers: Answers, unknown: np.ndarray, attributes: dict[str, Any]) -> "xr.Dataset":
    """Convert the answers to a Dataset with dimensions `query`, `parameter` and `class`.

    The first query has the initial settings. `unknown` (query,) is from the plan.
    `attributes` are those of the Dataset (JSON values).
    """
    import xarray as xr  # not needed before a frame has finished

    # Text has dtype object, which zarr stores with variable length. Fixed-width text is not in its specification.
    names = np.array([axis.name for axis in draws.axes], dtype=object)
    kinds = np.array(["initial", *["sample"] * draws.n], dtype=object)
    units = {"parameter_units": [SETTINGS[name].unit for name in names]}
    by_tolerance = "by more than the tolerance of the engine"
    of_two = {}
    if answers.scores.shape[1] == 2:
        of_two = {"query_logit": ("query", logits(answers.scores)[:, 0], described("logit of the positive class"))}
    return xr.Dataset(
        {
            **of_two,
            "query_settings": (("query", "parameter"), answers.points, described("settings asked", **units)),
            "query_scores": (("query", "class"), answers.scores, described("score of each class")),
            "query_wrong": ("query", answers.wrong, described(f"whether the answer is wrong, {by_tolerance}")),
            "query_changed": (
                "query",
                answers.changed,
                described(f"whether the answer is not the initial one, {by_tolerance}"),
            ),
            "query_unknown": ("query", unknown, described("share of the sector whose grey is not determined; 0 of RF")),
            "query_kind": ("query", kinds, described("why it was asked: initial or sample")),
            "low": ("parameter", [axis.low for axis in draws.axes], described("lower bound", **units)),
            "high": ("parameter", [axis.high for axis in draws.axes], described("upper bound", **units)),
        },
        coords={
            "query": ("query", np.arange(len(kinds)), described("order of asking")),
            "parameter": ("parameter", names, described("setting")),
            "class": (
                "class",
                np.arange(answers.scores.shape[1]),
                described("place of the class in `classes`, from 0"),
            ),
        },
        attrs=attributes,
    )


def record_of(draws: Draws, answers: Answers, about: Mapping[str, Any]) -> dict[str, Any]:
    """Small record for the tables: identity, what was drawn, initial answer and counts."""
    return {
        **about,
        "draws": draws.model_dump(mode="json"),
        "tolerance": answers.tolerance,
        "initial_scores": answers.scores[0].tolist(),
        "initial_answer": answers.initial_answer,
        "n_wrong": int(answers.wrong[1:].sum()),
        "n_changed": int(answers.changed[1:].sum()),
    }


def write_ledger(
    folder: str | Path, draws: Draws, answers: Answers, unknown: np.ndarray, about: Mapping[str, Any], code: str
) -> None:
    """Write `draws.zarr`, `record.json` and `code.sha256` atomically."""
    record = record_of(draws, answers, about)
    with written_whole(folder) as draft:
        draft.mkdir()
        write_dataset(ledger(draws, answers, unknown, as_attributes(record)), draft / STORE)
        write_json(draft / RECORD, record)
        (draft / CODE).write_text(f"{code}\n", encoding="ascii")
