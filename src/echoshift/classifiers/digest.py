"""What identifies a trained classifier: its weights, layers and preprocessing, and nothing of how they came about."""

import hashlib
import json
from typing import Any

UNUSED = ("name", "trainable", "seed")
UNUSED_ENDINGS = ("_initializer", "_regularizer", "_constraint")


def model_digest(model: Any) -> str:
    """SHA-256 over every layer of a Keras model: its class, what of its configuration an answer needs, and its arrays.

    Preprocessing and standardisation are layers, so they are in it. Dropout, which answers do without, and what only
    a training uses of a configuration (seeds, initial values, penalties) are not, nor are file formats and dates: a
    training that ends in the same network has the same digest.
    """
    digest = hashlib.sha256()
    for layer in model.layers:
        kind = type(layer).__name__
        if kind == "Dropout":
            continue
        config = {key: value for key, value in layer.get_config().items() if _is_used(key)}
        digest.update(json.dumps([kind, config], sort_keys=True, default=str).encode())
        for array in layer.get_weights():
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(array.tobytes())
    return digest.hexdigest()


def _is_used(key: str) -> bool:
    return key not in UNUSED and not key.endswith(UNUSED_ENDINGS)
