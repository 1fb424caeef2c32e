"""Transfer learning: train a new last layer on a pretrained backbone, then optionally its last blocks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from echoshift.classifiers.backbones.networks import build_backbone, unfreeze_last_blocks
from echoshift.classifiers.tensorflow_setup import load_keras
from echoshift.classifiers.training.settings import TrainingSettings

# Lower limit of a feature's deviation, as a share of the features' root mean square deviation. Without it, features that
# hardly vary among the training images would be amplified strongly in other images.
SMALLEST_DEVIATION = 0.1


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Training items of a classifier.

    Attributes
    ----------
    labels : ndarray of int, (item,)
        1 for the positive class, else 0.
    validation : ndarray of bool, (item,)
        Which items decide when to stop (see `validation_part`).
    features : ndarray of float32, (item, feature)
        From the frozen backbone.
    load_images : callable
        Returns the network inputs, float32 (item, size, size, 1). Called only if blocks of the backbone are trained.
    """

    labels: np.ndarray
    validation: np.ndarray
    features: np.ndarray
    load_images: Callable[[], np.ndarray]


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained classifier.

    Attributes
    ----------
    model : keras.Model
        float32 (batch, size, size, 1) of grey levels 0..255 -> logit of the positive class (batch, 1).
    history : list of dict
        One row per epoch: `phase` (`last_layer` or `blocks`), `epoch`, `loss`, `validation_loss`, `validation_accuracy`.
    kept : dict
        The epoch kept from each phase, counted from 1 (0: no epoch improved), and its `validation_loss`.
    """

    model: Any
    history: list[dict[str, Any]]
    kept: dict[str, Any]


def class_weights(labels: np.ndarray) -> np.ndarray:
    """Weights that give both classes the same total weight and have mean 1, float32 (item,)."""
    counts = np.bincount(labels, minlength=2)
    return (labels.size / (2 * counts[labels])).astype(np.float32)


def standardisation(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scale and offset that give each feature mean 0 and deviation 1 (see `SMALLEST_DEVIATION`), float64 (feature,)."""
    features = features.astype(np.float64)
    variance = features.var(axis=0)
    scale = 1 / np.sqrt(np.maximum(variance, SMALLEST_DEVIATION**2 * variance.mean()))
    return scale, -features.mean(axis=0) * scale


def train(data: TrainingSet, settings: TrainingSettings) -> Trained:
    """Train a classifier. The same data and settings give the same weights.

    Stochastic gradient descent on the class-weighted binary cross-entropy of the logit. Training stops when the
    validation loss (the same weighted cross-entropy on the validation patients) has not decreased for `patience` epochs,
    and the best epoch is restored. If `trained_blocks` is not 0, the backbone's last blocks are then trained on the
    images in the same way, and kept only if the validation loss falls below that of the new layer alone.
    """
    keras = load_keras()
    keras.utils.set_random_seed(settings.seed)
    backbone = build_backbone(settings.backbone, settings.input_size, settings.weights)
    scale, offset = standardisation(data.features[~data.validation])
    last_layers = [
        keras.layers.Rescaling(scale.tolist(), offset.tolist(), name="standardise"),
        keras.layers.Dropout(settings.dropout, seed=settings.seed, name="dropout"),
        keras.layers.Dense(1, kernel_initializer=keras.initializers.GlorotUniform(settings.seed), name="logit"),
    ]

    features = keras.Input((data.features.shape[1],), name="features")
    head = keras.Model(features, _chain(features, last_layers))
    history, best = _fit(head, data, data.features, settings, "last_layer")
    kept = {"last_layer": best}

    model = keras.Model(backbone.input, _chain(backbone.output, last_layers), name="classifier")
    if settings.trained_blocks:
        unfreeze_last_blocks(backbone, settings.backbone, settings.trained_blocks)
        before = model.get_weights()
        rows, tuned = _fit(model, data, data.load_images(), settings, "blocks")
        history += rows
        if tuned["validation_loss"] >= best["validation_loss"]:
            model.set_weights(before)
            tuned = {"epoch": 0, "validation_loss": best["validation_loss"]}
        kept["blocks"] = tuned
    model.trainable = False
    return Trained(model, history, kept)


def _chain(tensor: Any, layers: list[Any]) -> Any:
    for layer in layers:
        tensor = layer(tensor)
    return tensor


def _fit(
    model: Any, data: TrainingSet, inputs: np.ndarray, settings: TrainingSettings, phase: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Train the trainable weights of `model` and restore its best epoch. Returns the history and that epoch."""
    import keras

    tuning = phase == "blocks"
    optimizer = keras.optimizers.SGD(
        settings.fine_tuning_rate if tuning else settings.learning_rate,
        settings.momentum,
        weight_decay=settings.weight_decay,
    )
    # No weight decay for the pretrained weights and the bias.
    decaying = model.get_layer("logit").kernel.path
    optimizer.exclude_from_weight_decay(
        var_list=[variable for variable in model.trainable_variables if variable.path != decaying]
    )
    model.compile(
        optimizer,
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)],
        auto_scale_loss=False,
        jit_compile=False,
    )
    parts = [
        (inputs[part], data.labels[part].astype(np.float32).reshape(-1, 1), class_weights(data.labels[part]))
        for part in (~data.validation, data.validation)
    ]
    stop = keras.callbacks.EarlyStopping("val_loss", patience=settings.patience, mode="min", restore_best_weights=True)
    epochs = settings.fine_tuning_epochs if tuning else settings.epochs
    logs = model.fit(
        *parts[0][:2],
        sample_weight=parts[0][2],
        validation_data=parts[1],
        batch_size=settings.batch_size,
        epochs=epochs,
        callbacks=[stop],
        verbose=0,
    ).history
    rows = [
        {
            "phase": phase,
            "epoch": epoch + 1,
            "loss": float(logs["loss"][epoch]),
            "validation_loss": float(logs["val_loss"][epoch]),
            "validation_accuracy": float(logs["val_accuracy"][epoch]),
        }
        for epoch in range(len(logs["loss"]))
    ]
    best = min(rows, key=lambda row: row["validation_loss"])
    return rows, {"epoch": best["epoch"], "validation_loss": best["validation_loss"]}
