"""Choose a classifier's own settings by cross-validation by patient among the training items."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from echoshift.classifiers.answers import cross_entropy, log_odds
from echoshift.classifiers.texture.estimators import candidates, scores_of, unfitted
from echoshift.errors import EchoShiftError

LARGEST_SCALE = 100.0
"""Scores are scaled by at most this, and at least by its inverse."""


@dataclass(frozen=True, eq=False)
class Tuned:
    """What the cross-validation chose.

    Attributes
    ----------
    options : dict
        The chosen settings, by scikit-learn's names.
    scale : float
        Factor that makes the scores log odds.
    tried : list of dict
        Each combination with its `auc`, in the order in which they were tried.
    """

    options: dict[str, Any]
    scale: float
    tried: list[dict[str, Any]]


def tune(
    features: np.ndarray, labels: np.ndarray, patients: Sequence[str], classifier: str, folds: int, seed: int
) -> Tuned:
    """Try all settings of a classifier. Each item is judged by a classifier that did not see its patient.

    The highest AUC of these judgements wins, over all folds together (with more than two classes, the mean of the AUCs of
    each class against the rest). Of equal ones it is the first, which is the smoothest.

    Parameters
    ----------
    features : ndarray of float64, (item, feature)
    labels : ndarray of int, (item,)
    patients : sequence of str, (item,)
    classifier : str
    folds, seed : int
    """
    parts = inner_folds(labels, patients, folds, seed)
    best, tried = None, []
    for options in candidates(classifier):
        judged = np.empty((len(labels), int(labels.max()) + 1))
        for part in parts:
            fitted = unfitted(classifier, options, seed).fit(features[~part], labels[~part])
            judged[part] = scores_of(fitted, features[part])
        auc = _mean_auc(judged, labels)
        tried.append({**options, "auc": auc})
        if best is None or auc > best[0]:
            best = auc, options, judged
    _, options, judged = best
    return Tuned(options, scale_of(judged, labels), tried)


def inner_folds(labels: np.ndarray, patients: Sequence[str], folds: int, seed: int) -> list[np.ndarray]:
    """Which items each fold judges, bool (item,). All items of a patient are in one fold; classes are shared out evenly."""
    patients = np.asarray(patients)
    n_classes = max(int(labels.max()), 1) + 1
    for label in range(n_classes):
        if (found := len(set(patients[labels == label]))) < folds:
            raise EchoShiftError(
                f"label: found {found} training patients of class {label}, expected at least {folds}, the number of inner "
                "folds (texture.folds)"
            )
    split = StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(labels, labels, patients)
    parts = [np.isin(np.arange(len(labels)), judged) for _, judged in split]
    if any(len(set(labels[~part])) < n_classes for part in parts):
        raise EchoShiftError(
            f"label: found inner folds whose other patients lack a class, expected fewer folds than {folds} (texture.folds)"
        )
    return parts


def _mean_auc(scores: np.ndarray, labels: np.ndarray) -> float:
    odds = log_odds(scores)
    return float(np.mean([roc_auc_score(labels == label, odds[:, label]) for label in range(odds.shape[1])]))


def scale_of(scores: np.ndarray, labels: np.ndarray) -> float:
    """Factor of the scores with the least cross-entropy, with all classes weighed equally (Guo et al. 2017).

    It changes no answer.

    Parameters
    ----------
    scores : ndarray of float64, (item, class)
        Of items that the classifier did not see.
    labels : ndarray of int, (item,)
    """

    def loss(exponent: float) -> float:
        scaled = np.exp(exponent) * scores
        return float(np.mean([cross_entropy(scaled[labels == label], label).mean() for label in np.unique(labels)]))

    most = np.log(LARGEST_SCALE)
    return float(np.exp(minimize_scalar(loss, bounds=(-most, most), method="bounded").x))
