"""What a store says of each query, whatever asked it: settings, scores, whether the answer was wrong."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from echoshift.attacks.axes import Axis
from echoshift.classifiers.answers import logits
from echoshift.reconstruction.cache import described
from echoshift.settings import SETTINGS

LOGIT = "logit of the positive class"


def query_variables(
    axes: Sequence[Axis],
    points: Any,
    scores: np.ndarray,
    wrong: Any,
    unknown: np.ndarray,
    kinds: Sequence[str],
    why: str,
) -> dict[str, Any]:
    """Variables of a Dataset with the dimensions `query`, `parameter` and `class`.

    Parameters
    ----------
    axes : sequence of Axis
        The settings that vary.
    points : array-like, (query, parameter)
    scores : ndarray, (query, class)
        With two classes, the logits are stored too.
    wrong : array-like of bool, (query,)
    unknown : ndarray, (query,)
        From the plan.
    kinds : sequence of str, (query,)
    why : str
        Meaning of `kinds`.
    """
    # Text has dtype object, which zarr stores with variable length. Fixed-width text is not in its specification.
    units = units_of(axes)
    of_two = {}
    if scores.shape[1] == 2:
        of_two = {"query_logit": ("query", logits(scores)[:, 0], described(LOGIT))}
    return {
        **of_two,
        "query_settings": (("query", "parameter"), points, described("settings asked", **units)),
        "query_scores": (("query", "class"), scores, described("score of each class")),
        "query_wrong": (
            "query",
            wrong,
            described("whether the answer is wrong, by more than the tolerance of the engine"),
        ),
        "query_unknown": ("query", unknown, described("share of the sector whose grey is not determined; 0 of RF")),
        "query_kind": ("query", np.array(kinds, dtype=object), described(why)),
        "low": ("parameter", [axis.low for axis in axes], described("lower bound", **units)),
        "high": ("parameter", [axis.high for axis in axes], described("upper bound", **units)),
    }


def query_coordinates(axes: Sequence[Axis], scores: np.ndarray) -> dict[str, Any]:
    """Coordinates of the same Dataset."""
    n_queries, n_classes = scores.shape
    return {
        "query": ("query", np.arange(n_queries), described("order of asking")),
        "parameter": ("parameter", np.array([axis.name for axis in axes], dtype=object), described("setting")),
        "class": ("class", np.arange(n_classes), described("place of the class in `classes`, from 0")),
    }


def units_of(axes: Sequence[Axis]) -> dict[str, list[str]]:
    """The attribute with the unit of each setting."""
    return {"parameter_units": [SETTINGS[axis.name].unit for axis in axes]}
