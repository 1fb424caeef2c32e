"""What identifies a trained classifier: its weights, layers and preprocessing, and nothing of how they are stored."""

import hashlib
import json
from typing import Any


def model_digest(model: Any) -> str:
    """SHA-256 over every layer of a Keras model: its class, its configuration but its name, and its arrays.

    Preprocessing and standardisation are layers, so they are in it. File formats, dates and training settings are
    not: a training that ends in the same network has the same digest.
    """
    digest = hashlib.sha256()
    for layer in model.layers:
        config = {key: value for key, value in layer.get_config().items() if key not in ("name", "trainable")}
        digest.update(json.dumps([type(layer).__name__, config], sort_keys=True, default=str).encode())
        for array in layer.get_weights():
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(array.tobytes())
    return digest.hexdigest()
