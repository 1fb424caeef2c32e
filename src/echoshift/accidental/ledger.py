"""Results of one frame: its queries as an xarray Dataset, and a small record. Names are those of an attack's trajectory."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from echoshift.accidental.asking import Answers
from echoshift.accidental.settings import Draws
from echoshift.attacks.queries import query_coordinates, query_variables
from echoshift.jobs.frame_job import CODE, RECORD
from echoshift.reconstruction.cache import described
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

    kinds = ["initial", *["sample"] * draws.n]
    why = "why it was asked: initial or sample"
    return xr.Dataset(
        {
            **query_variables(draws.axes, answers.points, answers.scores, answers.wrong, unknown, kinds, why),
            "query_changed": (
                "query",
                answers.changed,
                described("whether the answer is not the initial one, by more than the tolerance of the engine"),
            ),
        },
        coords=query_coordinates(draws.axes, answers.scores),
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
