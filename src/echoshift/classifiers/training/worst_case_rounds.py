"""Worst case in training: fit the new layer again and again, with weights that move to the worst copies."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import ThreadpoolController

from echoshift.classifiers.answers import answer, cross_entropies, scores_of_network
from echoshift.classifiers.defences.worst_case import weights_of_copies


@dataclass(frozen=True, eq=False)
class Copies:
    """Standardised features of the copies of some items.

    Attributes
    ----------
    features : ndarray of float64, (item, copy, feature)
    labels : ndarray of int, (item,)
    weights : ndarray of float32, (item,)
        Of the items, with mean 1.
    """

    features: np.ndarray
    labels: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class Layer:
    """A fitted layer: `kernel` (feature, output) and `bias` (output,), and the history of its rounds."""

    kernel: np.ndarray
    bias: np.ndarray
    history: list[dict[str, Any]]


def fit_rounds(
    training: Copies, validation: Copies, layer: tuple[np.ndarray, np.ndarray], decay: float, rounds: int
) -> Layer:
    """Fit a linear layer to copies, in rounds that move weight to those with the highest loss.

    With frozen features this is a convex problem: the weighted cross-entropy plus half the weight decay times the squared
    kernel, which gradient descent with this weight decay minimises too. Each round is solved to its minimum (L-BFGS), so the
    layer depends on nothing but the weights of the copies. The validation items only tell how well it does.

    Parameters
    ----------
    training, validation : Copies
    layer : tuple of ndarray
        Kernel (feature, output) and bias (output,) that say which copies are the worst in the first round.
    decay : float
        Weight decay, above 0 (1).
    rounds : int
    """
    n_items, n_copies, n_features = training.features.shape
    rows, labels = training.features.reshape(-1, n_features), np.repeat(training.labels, n_copies)
    fit = LogisticRegression(C=1 / decay, max_iter=1000, warm_start=True)
    history, worst = [], []
    with ThreadpoolController().limit(limits=1):  # the sums are then the same on any number of cores
        for number in range(1, rounds + 1):
            losses = _losses(training, *layer)
            worst.append(losses.argmax(axis=1))
            weights = weights_of_copies(worst, n_copies)
            shares = (training.weights[:, None] * weights).ravel() / (
                n_items * n_copies
            )  # so that decay is relative to a mean
            fit.fit(rows, labels, sample_weight=shares)
            layer = fit.coef_.T, fit.intercept_
            history.append(
                {
                    "phase": "worst_case",
                    "epoch": number,
                    "loss": float(shares @ _losses(training, *layer).ravel()),
                    "validation_loss": float((validation.weights[:, None] * _losses(validation, *layer)).mean()),
                    "validation_accuracy": float(_is_right(validation, *layer).mean()),
                }
            )
    return Layer(*layer, history)


def _scores(copies: Copies, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Scores of the copies, float64 (item * copy, class)."""
    return scores_of_network(copies.features.reshape(-1, copies.features.shape[-1]) @ kernel + bias)


def _losses(copies: Copies, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Cross-entropy of each copy, float64 (item, copy)."""
    labels = np.repeat(copies.labels, copies.features.shape[1])
    return cross_entropies(_scores(copies, kernel, bias), labels).reshape(copies.features.shape[:2])


def _is_right(copies: Copies, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return answer(_scores(copies, kernel, bias)) == np.repeat(copies.labels, copies.features.shape[1])
