"""Slices from the field of a lattice that has already been asked."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.attacks.job import AttackJob
from echoshift.attacks.trajectory import FIELD, RECORD
from echoshift.classifiers.answers import scores_of_logits
from echoshift.classifiers.predictors import Predicts
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.jobs.frame_job import is_current
from echoshift.sensitivity.settings import Design
from echoshift.sensitivity.slices import Slice, names_of_slices
from echoshift.storage.files import sha256_of_file


def slices_of_lattices(
    lattices: Sequence[AttackJob], design: Design, settings: PredictorSettings, predictor: Predicts, code: str
) -> tuple[list[Slice], dict[str, str] | None]:
    """Slices of the first lattice whose field has them.

    Parameters
    ----------
    lattices : sequence of AttackJob
        Attacks on the frame that would leave a field.
    design : Design
        The field must have its settings, bounds and initial values, and all points of its slices.
    settings : PredictorSettings
    predictor : Predicts
        The lattice must have asked the same model in the same way.
    code : str
        Digest of the source code of a lattice. An older result is not used.

    Returns
    -------
    slices : list of Slice
        At the lattice's own values. Empty without such a field.
    source : dict or None
        Name of the attack and digest of its record.
    """
    for job in lattices:
        if not is_current(job, settings, code) or _box(job.search) != _box(design):
            continue
        path = Path(job.folder, RECORD)
        if json.loads(path.read_text(encoding="utf-8"))["predictor"] != json.loads(json.dumps(predictor.describe())):
            continue
        if slices := read_slices(Path(job.folder, FIELD), design):
            return slices, {"attack": job.attack, "record": sha256_of_file(path)}
    return [], None


def _box(of: Any) -> tuple:
    """What the scores of a search or a design depend on: settings with their kind, initial value and bounds."""
    axes = {axis.name: (axis.kind, axis.initial, axis.low, axis.high) for axis in of.axes}
    return axes, of.fixed


def read_slices(store: Path, design: Design) -> list[Slice]:
    """Read all slices through the initial settings; none if the lattice skipped a point of them.

    Raises
    ------
    EchoShiftError
        If the store cannot be read.
    """
    import xarray as xr

    initial = {axis.name: axis.initial for axis in design.axes}
    try:
        with xr.open_zarr(store) as field:
            scores = field["score"] if "score" in field else field["logit"]
            found = {
                names: scores.sel({name: value for name, value in initial.items() if name not in names})
                .transpose(*names, ...)
                .load()
                for names in names_of_slices(list(initial))
            }
    except (OSError, KeyError, ValueError, RuntimeError) as error:  # RuntimeError: a damaged zstd chunk
        reason = (" ".join(str(error).split()) or type(error).__name__)[:200]
        raise EchoShiftError(f"{store}: not readable ({reason}), expected the field of a finished lattice") from None
    slices = []
    for names, own in found.items():
        values = own.values.astype(np.float64)
        values = scores_of_logits(values) if "class" not in own.dims else values
        if np.isnan(values).any():
            return []
        slices.append(Slice(names, tuple(own[name].values.astype(np.float64) for name in names), values))
    return slices
