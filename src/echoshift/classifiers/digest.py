"""Digest of a trained classifier: of its weights, layers and preprocessing, but not of how it was trained."""

import hashlib
import json
import re
from typing import Any

UNUSED = re.compile("name|trainable|seed|.*_(initializer|regularizer|constraint)")
"""Configuration of a layer that inference does not use."""


def model_digest(model: Any) -> str:
    """SHA-256 over the layers of a Keras model: their classes, the configuration used at inference, and their arrays.

    Preprocessing and standardisation are layers, so they are included. Dropout and configuration used only in training
    (seeds, initial values, penalties) are excluded, as are file formats and dates. Trainings that end in the same
    network have the same digest.
    """
    digest = hashlib.sha256()
    for layer in model.layers:
        kind = type(layer).__name__
        if kind == "Dropout":
            continue
        config = {key: value for key, value in layer.get_config().items() if not UNUSED.fullmatch(key)}
        digest.update(json.dumps([kind, config], sort_keys=True, default=str).encode())
        for array in layer.get_weights():
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(array.tobytes())
    return digest.hexdigest()
