"""Fit the network to the pieces of the training frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np

from echoshift.classifiers.answers import answer, cross_entropies, scores_of_network
from echoshift.classifiers.rf_lines.network import lines_network
from echoshift.classifiers.rf_lines.pieces import Lines
from echoshift.classifiers.rf_lines.settings import LinesTraining
from echoshift.classifiers.training.classes import class_weights, n_outputs, targets_and_loss
from echoshift.classifiers.training.progress import log_epoch

PHASE = "pieces"
AT_ONCE = 1024
"""Pieces of the validation frames that are asked together."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted network.

    Attributes
    ----------
    model : keras.Model
    history : list of dict
        One row per epoch: `phase`, `epoch`, `loss` of the pieces, `validation_loss` and `validation_accuracy` of the frames.
    kept : dict
        The epoch that was kept, counted from 1, and its `validation_loss`.
    """

    model: Any
    history: list[dict[str, Any]]
    kept: dict[str, Any]


def fit_lines(frames: Sequence[Lines], labels: np.ndarray, validation: np.ndarray, settings: LinesTraining) -> Fitted:
    """Fit the network. The same frames and settings give the same weights.

    Adam with weight decay on the class-weighted cross-entropy of the pieces, each of which has the label of its frame. In
    every epoch each frame gives the same number of new pieces, at random places. The loss of the validation frames, whose
    scores are the means over their pieces, decides when to stop, and the best epoch is kept.

    Parameters
    ----------
    frames : sequence of Lines
    labels : ndarray of int, (frame,)
    validation : ndarray of bool, (frame,)
        From `validation_part`.
    settings : LinesTraining
    """
    model = lines_network(settings.samples, n_outputs(labels), settings.dropout, settings.seed)
    import keras

    own = np.flatnonzero(~validation)
    repeated = np.repeat(labels[own], settings.pieces)
    targets, loss = targets_and_loss(repeated)
    weights = class_weights(repeated)
    optimizer = keras.optimizers.AdamW(settings.learning_rate, weight_decay=settings.weight_decay)
    model.compile(optimizer, loss, auto_scale_loss=False, jit_compile=False)
    judged = [frames[index].all_pieces() for index in np.flatnonzero(validation)]
    draws, started = np.random.default_rng(settings.seed), monotonic()
    history: list[dict[str, Any]] = []
    best: dict[str, Any] = {"epoch": 0, "validation_loss": np.inf}
    best_weights = model.get_weights()
    for epoch in range(1, settings.epochs + 1):
        pieces = np.concatenate([frames[index].drawn_pieces(settings.pieces, draws) for index in own])
        order = draws.permutation(len(pieces))
        fitted = model.fit(
            pieces[order][..., None], targets[order], sample_weight=weights[order],
            batch_size=settings.batch_size, epochs=1, shuffle=False, verbose=0,
        )  # fmt: skip
        scores = scores_of_network(np.array([outputs_of(model, one).mean(axis=0) for one in judged]))
        losses = class_weights(labels[validation]) * cross_entropies(scores, labels[validation])
        history.append(
            {
                "phase": PHASE,
                "epoch": epoch,
                "loss": float(fitted.history["loss"][-1]),
                "validation_loss": float(losses.mean()),
                "validation_accuracy": float(np.mean(answer(scores) == labels[validation])),
            }
        )
        log_epoch(history[-1], settings.epochs, monotonic() - started)
        if history[-1]["validation_loss"] < best["validation_loss"]:
            best = {name: history[-1][name] for name in best}
            best_weights = model.get_weights()
        elif epoch - best["epoch"] >= settings.patience:
            break
    model.set_weights(best_weights)
    model.trainable = False
    return Fitted(model, history, best)


def outputs_of(model: Any, pieces: np.ndarray) -> np.ndarray:
    """The network's numbers for pieces (piece, sample): float64 (piece, output)."""
    parts = [pieces[start : start + AT_ONCE] for start in range(0, len(pieces), AT_ONCE)]
    return np.concatenate([np.asarray(model(one[..., None], training=False), dtype=np.float64) for one in parts])
