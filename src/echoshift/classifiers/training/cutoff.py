"""The cut-off of a classifier of two classes: the probability from which its answer is the positive class.

A model's logit is measured from its cut-off: the logit of the cut-off is subtracted when the model is made. The answer then
is the class of the highest score as with any model, and attacks, margins, flips and pages need not know the cut-off.
"""

from collections.abc import Sequence
from math import exp, log, log1p
from typing import Any, Literal

import numpy as np

from echoshift.classifiers.training.settings import StatedSensitivity
from echoshift.errors import EchoShiftError

BEYOND = 1.0
"""A cut-off below or above all logits lies this far from the nearest one."""


def stated_cutoff(probability: float) -> dict[str, Any]:
    """Record of a cut-off at a probability, as JSON values: `rule`, `probability` and `logit`."""
    return {"rule": probability, "probability": probability, "logit": log(probability) - log1p(-probability)}


def choose_cutoff(
    rule: Literal["youden"] | StatedSensitivity,
    logits: np.ndarray,
    labels: Sequence[int] | np.ndarray,
    patients: Sequence[str],
) -> dict[str, Any]:
    """Choose the cut-off by a rule, from items that the model was not fitted to.

    `youden` takes the highest sensitivity plus specificity; of several cut-offs the one nearest to probability 0.5. A stated
    sensitivity takes the highest cut-off that reaches it. Cut-offs lie half way between neighbouring logits, so that
    rounding does not move an item across.

    Parameters
    ----------
    rule : `youden` or StatedSensitivity
    logits : ndarray, (item,)
        Logits of the positive class, not measured from a cut-off.
    labels : sequence of int, (item,)
        0 or 1, both present.
    patients : sequence of str, (item,)
        Patient of each item. Each patient counts the same, shared among the items of the patient in a class.

    Returns
    -------
    dict
        `rule`, `probability` and `logit`, and what it was chosen on: `n_positive` and `n_negative` patients, and the
        `sensitivity` and `specificity` that it has there.
    """
    logits, labels = np.asarray(logits, dtype=np.float64), np.asarray(labels)
    if not np.isfinite(logits).all() or set(labels.tolist()) != {0, 1}:
        raise EchoShiftError(
            f"cutoff: found labels {sorted(set(labels.tolist()))} and {int((~np.isfinite(logits)).sum())} logits that are not "
            "finite to choose it from, expected both classes and finite logits"
        )
    places = np.unique(logits)
    cutoffs = np.concatenate([[places[0] - BEYOND], (places[1:] + places[:-1]) / 2, [places[-1] + BEYOND]])
    said = logits >= cutoffs[:, None]
    shares = {label: _shares(np.asarray(patients)[labels == label]) for label in (0, 1)}
    # A sum of equal shares is rounded to what their number says, so that a stated sensitivity is met exactly.
    sensitivity, negatives = (np.round(said[:, labels == label] @ shares[label], 12) for label in (1, 0))
    specificity = 1 - negatives
    if isinstance(rule, StatedSensitivity):
        best = np.flatnonzero(sensitivity >= round(rule.sensitivity, 12))[-1]
    else:
        gain = np.round(sensitivity + specificity, 9)
        best = min(np.flatnonzero(gain == gain.max()), key=lambda index: abs(cutoffs[index]))
    logit = float(cutoffs[best])
    return {
        "rule": rule if isinstance(rule, str) else rule.model_dump(),
        "probability": exp(-np.logaddexp(0.0, -logit)),
        "logit": logit,
        "n_positive": len(set(np.asarray(patients)[labels == 1].tolist())),
        "n_negative": len(set(np.asarray(patients)[labels == 0].tolist())),
        "sensitivity": float(sensitivity[best]),
        "specificity": float(specificity[best]),
    }


def _shares(patients: np.ndarray) -> np.ndarray:
    """Weight of each item, float64 (item,): 1 over the numbers of patients and of items of its patient."""
    names, patient_of, counts = np.unique(patients, return_inverse=True, return_counts=True)
    return 1 / (len(names) * counts[patient_of])


def measure_from(model: Any, cutoff: dict[str, Any]) -> dict[str, Any]:
    """Subtract the cut-off's logit from the bias of a Keras model's last layer.

    Returns the record of the cut-off, with what was subtracted after rounding to float32.
    """
    layer = model.get_layer("logit")
    kernel, bias = layer.get_weights()
    moved = bias - np.float32(cutoff["logit"])
    layer.set_weights([kernel, moved])
    logit = float(np.float64(bias[0]) - np.float64(moved[0]))
    return {**cutoff, "logit": logit}
