"""Transfer learning: train a new last layer on a pretrained backbone, then optionally its last blocks."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np

from echoshift.classifiers.answers import cross_entropies, scores_of_network
from echoshift.classifiers.backbones.networks import build_backbone, unfreeze_last_blocks
from echoshift.classifiers.defences.worst_case import WorstCaseSettings
from echoshift.classifiers.tensorflow_setup import load_keras
from echoshift.classifiers.training.checkpoint import Checkpoint, Phase
from echoshift.classifiers.training.classes import class_weights, n_outputs, targets_and_loss
from echoshift.classifiers.training.progress import log_epoch, log_resumed, log_step
from echoshift.classifiers.training.settings import TrainingSettings
from echoshift.classifiers.training.worst_case_rounds import Copies, fit_rounds

# Lower limit of a feature's deviation, as a share of the features' root mean square deviation. Without it, features that
# hardly vary among the training images would be amplified strongly in other images.
SMALLEST_DEVIATION = 0.1


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Training items of a classifier.

    Attributes
    ----------
    labels : ndarray of int, (item,)
        Numbers of the classes.
    validation : ndarray of bool, (item,)
        Which items decide when to stop (see `validation_part`).
    features : ndarray of float32, (item, feature) or (item, copy, feature)
        From the frozen backbone, of each item or of its copies.
    load_images : callable
        Returns the network inputs, float32 (item, size, size, 1). Called only if blocks of the backbone are trained.
    draw_images : callable, optional
        Returns those of one copy of each item, which a number chooses (`augment`). Then blocks are trained on those of
        number 1 in the first epoch, 2 in the second, and so on; number 0 is for validation.
    """

    labels: np.ndarray
    validation: np.ndarray
    features: np.ndarray
    load_images: Callable[[], np.ndarray]
    draw_images: Callable[[int], np.ndarray] | None = None


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained classifier.

    Attributes
    ----------
    model : keras.Model
        float32 (batch, size, size, 1) of grey levels 0..255 -> logit of the positive class (batch, 1) or, with more than
        two classes, the score of each class (batch, class).
    history : list of dict
        One row per epoch: `phase` (`last_layer` or `blocks`), `epoch`, `loss`, `validation_loss`, `validation_accuracy`.
    kept : dict
        The epoch kept from each phase, counted from 1 (0: no epoch improved), and its `validation_loss`.
    validation_outputs : ndarray of float32, (validation item, output)
        What the model answers to the validation items.
    """

    model: Any
    history: list[dict[str, Any]]
    kept: dict[str, Any]
    validation_outputs: np.ndarray


@dataclass(frozen=True)
class _Stage:
    """One call of Keras's `fit`: its name in the history, most epochs, learning rate, and whether no stage follows."""

    phase: str
    epochs: int
    learning_rate: float
    last: bool


def standardisation(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scale and offset that give each feature mean 0 and deviation 1 (see `SMALLEST_DEVIATION`), float64 (feature,)."""
    features = features.astype(np.float64)
    variance = features.var(axis=0)
    scale = 1 / np.sqrt(np.maximum(variance, SMALLEST_DEVIATION**2 * variance.mean()))
    return scale, -features.mean(axis=0) * scale


def train(
    data: TrainingSet,
    settings: TrainingSettings,
    checkpoint: Checkpoint | None = None,
    worst_case: WorstCaseSettings | None = None,
) -> Trained:
    """Train a classifier. The same data and settings give the same weights, whether it was interrupted or not.

    Stochastic gradient descent on the class-weighted cross-entropy, of the logit for two classes, else of the softmax.
    Training stops when the validation loss (the same weighted cross-entropy on the validation patients) has not decreased
    for `patience` epochs, and the best epoch is restored. The copies of an item (`augment`) are all in its part and weigh
    the same, until `worst_case` fits the new layer to the worst of them (see `fit_rounds`). If `trained_blocks` is
    not 0, the backbone's last blocks are then trained on the images in the same way, and kept only if the validation loss
    falls below that of the new layer alone.

    The seed draws one order of the training items, which is that of every epoch (so Keras does with a seed). Resuming from a
    `checkpoint` relies on that, as a test checks.
    """
    keras = load_keras()
    keras.utils.set_random_seed(settings.seed)
    backbone = build_backbone(settings.backbone, settings.input_size, settings.weights)
    copies = data.features.reshape(len(data.labels), -1, data.features.shape[-1])
    scale, offset = standardisation(copies[~data.validation].reshape(-1, copies.shape[-1]))
    last_layers = [
        keras.layers.Rescaling(scale.tolist(), offset.tolist(), name="standardise"),
        keras.layers.Dropout(settings.dropout, seed=settings.seed, name="dropout"),
        keras.layers.Dense(
            n_outputs(data.labels), kernel_initializer=keras.initializers.GlorotUniform(settings.seed), name="logit"
        ),
    ]

    features = keras.Input((copies.shape[-1],), name="features")
    head = keras.Model(features, _chain(features, last_layers))
    stage = _Stage("last_layer", settings.epochs, settings.learning_rate, not (worst_case or settings.trained_blocks))
    history, best = _fit(head, data, copies, settings, stage, checkpoint)
    kept = {"last_layer": best}
    asked = head, copies[:, 0]
    if worst_case:
        rows = _fit_worst(head, data, copies, settings, worst_case.rounds)
        kept["worst_case"] = {name: rows[-1][name] for name in ("epoch", "validation_loss")}
        history += rows

    model = keras.Model(backbone.input, _chain(backbone.output, last_layers), name="classifier")
    if settings.trained_blocks:
        unfreeze_last_blocks(backbone, settings.backbone, settings.trained_blocks)
        before = model.get_weights()
        stage = _Stage("blocks", settings.fine_tuning_epochs, settings.fine_tuning_rate, last=True)
        inputs = data.draw_images(0) if data.draw_images else data.load_images()
        least = _validation_loss(model, data, inputs) if data.draw_images else best["validation_loss"]
        asked = model, inputs
        rows, tuned = _fit(model, data, inputs[:, None], settings, stage, checkpoint)
        history += rows
        if tuned["validation_loss"] >= least:
            model.set_weights(before)
            tuned = {"epoch": 0, "validation_loss": least}
        kept["blocks"] = tuned
    model.trainable = False
    network, inputs = asked
    return Trained(model, history, kept, network.predict(inputs[data.validation], verbose=0))


def _chain(tensor: Any, layers: list[Any]) -> Any:
    for layer in layers:
        tensor = layer(tensor)
    return tensor


def _fit_worst(
    head: Any, data: TrainingSet, copies: np.ndarray, settings: TrainingSettings, rounds: int
) -> list[dict[str, Any]]:
    """Fit the new layer of a head to the worst copies, see `fit_rounds`. Returns the history."""
    standardise, layer = head.get_layer("standardise"), head.get_layer("logit")
    scaled = copies.astype(np.float64) * np.asarray(standardise.scale) + np.asarray(standardise.offset)
    training, validation = (
        Copies(scaled[part], data.labels[part], class_weights(data.labels[part]))
        for part in (~data.validation, data.validation)
    )
    started = monotonic()
    fitted = fit_rounds(training, validation, layer.get_weights(), settings.weight_decay, rounds)
    layer.set_weights([fitted.kernel, fitted.bias])
    for row in fitted.history:
        log_epoch(row, rounds, monotonic() - started)
    return fitted.history


def _validation_loss(model: Any, data: TrainingSet, inputs: np.ndarray) -> float:
    """The weighted cross-entropy on the validation part of inputs (item, size, size, 1)."""
    labels, part = data.labels[data.validation], inputs[data.validation]
    outputs = np.concatenate([np.asarray(model(one[None], training=False), dtype=np.float64) for one in part])
    return float((class_weights(labels) * cross_entropies(scores_of_network(outputs), labels)).mean())


def _drawn(data: TrainingSet, labels: np.ndarray, weights: np.ndarray, settings: TrainingSettings, epoch: int) -> Any:
    """Batches of drawn copies of the training part, as Keras asks for them: the items in one order, each epoch other copies."""
    import keras

    own = np.flatnonzero(~data.validation)
    order = np.random.default_rng(settings.seed).permutation(len(own))

    class Drawn(keras.utils.PyDataset):
        def begin(self, epoch: int) -> None:
            self.inputs = data.draw_images(epoch + 1)[own]

        def __len__(self) -> int:
            return -(-len(own) // settings.batch_size)

        def __getitem__(self, step: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            rows = order[step * settings.batch_size : (step + 1) * settings.batch_size]
            return self.inputs[rows], labels[rows], weights[rows]

    drawn = Drawn()
    drawn.begin(epoch)  # Keras looks at the first batch before the epoch begins
    return drawn


def _fit(
    model: Any,
    data: TrainingSet,
    inputs: np.ndarray,
    settings: TrainingSettings,
    stage: _Stage,
    checkpoint: Checkpoint | None,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Train the trainable weights of `model` and restore its best epoch. Returns the history and that epoch.

    The inputs are (item, copy, ...). The copies of an item weigh the same.
    """
    import keras

    tuning, phase, epochs = stage.phase == "blocks", stage.phase, stage.epochs
    optimizer = keras.optimizers.SGD(stage.learning_rate, settings.momentum, weight_decay=settings.weight_decay)
    # No weight decay for the pretrained weights and the bias.
    decaying = model.get_layer("logit").kernel.path
    optimizer.exclude_from_weight_decay(
        var_list=[variable for variable in model.trainable_variables if variable.path != decaying]
    )
    n_copies = inputs.shape[1]
    batch_size = settings.batch_size * n_copies  # a step sees as much of the cohort as without copies
    labels, loss = targets_and_loss(np.repeat(data.labels, n_copies))
    if n_outputs(data.labels) == 1:
        accuracy = keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)
    else:
        accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    model.compile(
        optimizer,
        loss,
        metrics=[accuracy],
        auto_scale_loss=False,
        jit_compile=False,
    )
    parts = []
    for part in (~data.validation, data.validation):
        own = np.repeat(class_weights(data.labels[part]), n_copies)
        parts.append((inputs[part].reshape(-1, *inputs.shape[2:]), labels[np.repeat(part, n_copies)], own))
    stop = keras.callbacks.EarlyStopping("val_loss", patience=settings.patience, mode="min", restore_best_weights=True)
    running = Phase(phase, model, stop, last=stage.last)
    if checkpoint is not None and checkpoint.read(running):
        log_resumed(phase, len(running.rows))
    n_steps = -(-len(parts[0][0]) // batch_size)
    done, started = len(running.rows), monotonic()

    def epoch_ended(epoch: int, logs: dict[str, float]) -> None:
        running.rows.append(_row(phase, epoch, logs))
        log_epoch(running.rows[-1], epochs, monotonic() - started)
        running.over = model.stop_training or epoch + 1 == epochs
        if checkpoint is not None:
            checkpoint.epoch_ended(running)

    # After `stop`, which forgets everything at the beginning and decides at the end of an epoch.
    state = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: running.restore(), on_epoch_end=epoch_ended)
    steps = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda step, logs: log_step(phase, len(running.rows) + 1, step + 1, n_steps)
    )
    callbacks = [stop, state, steps] if tuning else [stop, state]
    if tuning and data.draw_images:
        drawn = _drawn(data, *parts[0][1:], settings, done)
        training = {"x": drawn, "shuffle": False}
        callbacks.append(keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: drawn.begin(epoch)))
    else:
        training = dict(zip(("x", "y", "sample_weight"), parts[0], strict=True)) | {"batch_size": batch_size}
    model.fit(
        **training,
        validation_data=parts[1],
        validation_batch_size=batch_size,
        initial_epoch=done,
        epochs=done if running.over else epochs,
        callbacks=callbacks,
        verbose=0,
    )
    best = min(running.rows, key=lambda row: row["validation_loss"])
    return running.rows, {"epoch": best["epoch"], "validation_loss": best["validation_loss"]}


def _row(phase: str, epoch: int, logs: dict[str, float]) -> dict[str, Any]:
    return {
        "phase": phase,
        "epoch": epoch + 1,
        "loss": float(logs["loss"]),
        "validation_loss": float(logs["val_loss"]),
        "validation_accuracy": float(logs["val_accuracy"]),
    }
