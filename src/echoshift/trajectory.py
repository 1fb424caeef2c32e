"""One attacked frame as an xarray Dataset, and many of them on a common grid."""

from typing import Any

import numpy as np
import xarray as xr

from echoshift.attacks.objective import Objective
from echoshift.settings import SETTINGS

IMAGE_ATTRIBUTES = {"units": "1", "long_name": "8-bit B-mode image"}


def trajectory(
    objective: Objective, z: np.ndarray, x: np.ndarray, images: np.ndarray, attributes: dict[str, Any]
) -> xr.Dataset:
    """Arrange the ledger of a finished search.

    Parameters
    ----------
    objective : Objective
        After the search.
    z, x : ndarray, (z,) and (x,)
        Pixel centres in metres.
    images : ndarray of uint8, (2, z, x)
        The image at the first and at the last point of the search's path.
    attributes : dict
        What identifies the run (JSON values): stored as the Dataset's attributes.

    Returns
    -------
    Dataset
        Dimensions `query`, `iteration`, `parameter`, `z`, `x`. Iteration 0 is the initial point, the last one where
        the search ended.
    """
    axes = objective.search.axes
    names = [axis.name for axis in axes]
    per_query = {
        name: [getattr(query, name) for query in objective.queries] for name in ("logit", "loss", "kind", "iteration")
    }
    per_iteration = {
        name: [getattr(step, name) for step in objective.iterations] for name in ("logit", "loss", "differences")
    }
    path = np.array([step.point for step in objective.iterations])
    # Names are objects: zarr stores them with variable length; those of fixed width are not in its specification.
    units = {"parameter_units": [SETTINGS[name].unit for name in names]}
    return xr.Dataset(
        {
            "query_settings": (
                ("query", "parameter"),
                np.array([q.point for q in objective.queries]),
                _of("settings asked", **units),
            ),
            "query_logit": ("query", per_query["logit"], _of("logit of fatty liver")),
            "query_loss": ("query", per_query["loss"], _of("binary cross-entropy of the true label", "nat")),
            "query_kind": ("query", np.array(per_query["kind"], dtype=object), _of("why it was asked: initial, probe, step or sample")),
            "query_iteration": ("query", per_query["iteration"], _of("iteration in which it was asked")),
            "settings": (("iteration", "parameter"), path, _of("settings stood on", **units)),
            "logit": ("iteration", per_iteration["logit"], _of("logit of fatty liver")),
            "loss": ("iteration", per_iteration["loss"], _of("binary cross-entropy of the true label", "nat")),
            "differences": (
                ("iteration", "parameter"),
                np.array(per_iteration["differences"]),
                _of("central difference of the loss; NaN where none was taken", "nat per unit of the setting", **units),
            ),
            "low": ("parameter", [axis.low for axis in axes], _of("lower bound", **units)),
            "high": ("parameter", [axis.high for axis in axes], _of("upper bound", **units)),
            "step": ("parameter", [axis.step for axis in axes], _of("probe distance", **units)),
            "rate": ("parameter", [axis.rate for axis in axes], _of("move of one iteration", **units)),
            "initial_image": (("z", "x"), images[0], IMAGE_ATTRIBUTES),
            "final_image": (("z", "x"), images[1], IMAGE_ATTRIBUTES),
        },
        coords={
            "query": ("query", np.arange(len(objective.queries)), _of("order of asking")),
            "iteration": ("iteration", np.arange(len(objective.iterations)), _of("points stood on")),
            "parameter": ("parameter", np.array(names, dtype=object), _of("setting")),
            "z": ("z", z, _of("depth below the middle of the face", "m")),
            "x": ("x", x, _of("lateral position", "m")),
        },
        attrs=attributes,
    )


def bounds_touched(objective: Objective) -> list[str]:
    """Bounds that the path stood on at any point, such as `beta_max`."""
    touched = []
    for i, axis in enumerate(objective.search.axes):
        values = [step.point[i] for step in objective.iterations]
        touched += [f"{axis.name}_{end}" for end, bound in (("min", axis.low), ("max", axis.high)) if bound in values]
    return touched


def _of(long_name: str, units: str = "1", **more: Any) -> dict[str, Any]:
    return {"units": units, "long_name": long_name, **more}
