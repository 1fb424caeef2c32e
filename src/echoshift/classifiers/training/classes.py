"""What the number of classes and their shares mean for a training."""

from typing import Any

import numpy as np


def class_weights(labels: np.ndarray) -> np.ndarray:
    """Weights that give all classes the same total weight and have mean 1, float32 (item,)."""
    counts = np.bincount(labels)
    return (labels.size / (len(counts) * counts[labels])).astype(np.float32)


def n_outputs(labels: np.ndarray) -> int:
    """Number of outputs of a classifier: the logit for two classes, else the score of each class."""
    n_classes = int(labels.max()) + 1
    return 1 if n_classes == 2 else n_classes


def targets_and_loss(labels: np.ndarray) -> tuple[np.ndarray, Any]:
    """The labels as Keras wants them, and its cross-entropy: of the logit for two classes, else of the softmax."""
    import keras

    if n_outputs(labels) == 1:
        return labels.astype(np.float32).reshape(-1, 1), keras.losses.BinaryCrossentropy(from_logits=True)
    return labels, keras.losses.SparseCategoricalCrossentropy(from_logits=True)
