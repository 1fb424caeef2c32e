"""The predictor that confirms flips: the trained Keras model itself, in f32."""

from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.digest import model_digest
from echoshift.classifiers.tensorflow_setup import THREADS, load_keras
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.resize import to_network_input


class KerasPredictor:
    """Answers "logit of fatty liver" for 8-bit images as `Predictor` does, from `model.keras`.

    Parameters
    ----------
    model : path
        `model.keras` of `echoshift train`.

    Attributes
    ----------
    input_size : int
        Rows and columns of the network's input.
    digest : str
        Of the trained model, computed from it; the same as in `digest.txt`.
    """

    def __init__(self, model: str | Path) -> None:
        keras = load_keras()
        import tensorflow as tf

        path = Path(model)
        if not path.is_file():
            raise EchoShiftError(f"{path}: file not found, expected model.keras of `echoshift train`")
        try:
            self._model = keras.saving.load_model(path, compile=False)
        except (ValueError, OSError, KeyError, TypeError) as error:
            reason = " ".join(str(error).split())
            raise EchoShiftError(f"{path}: not a readable Keras model ({reason[:200]})") from None
        self.digest = model_digest(self._model)
        self.input_size = self._model.input_shape[1]
        self._shape = (1, *self._model.input_shape[1:])
        self._run = tf.function(
            lambda image: self._model(image, training=False), input_signature=[tf.TensorSpec(self._shape, tf.float32)]
        )

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Logit of fatty liver of each image, float64 (query,), from uint8 (query, z, x)."""
        inputs = (to_network_input(image, self.input_size).reshape(self._shape) for image in images)
        return np.array([self._run(pixels).numpy().item() for pixels in inputs], dtype=np.float64)

    def describe(self) -> dict[str, Any]:
        """What decides the last bits of an answer."""
        import keras
        import tensorflow as tf

        return {
            "engine": "keras",
            "version": f"{keras.__version__}, tensorflow {tf.__version__}",
            "device": "CPU",
            "precision": "f32",
            "threads": THREADS,
            "batch_shape": list(self._shape),
            "digest": self.digest,
        }
