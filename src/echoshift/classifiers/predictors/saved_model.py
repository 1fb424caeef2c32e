"""Predictor of a given SavedModel by TensorFlow, on the CPU. It confirms flips."""

from pathlib import Path

import numpy as np

from echoshift.classifiers.interface.folder import GivenModel
from echoshift.classifiers.predictors.given import GivenPredictor, Runtime, native_predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.tensorflow_setup import load_keras
from echoshift.errors import EchoShiftError

PACKAGES = ("tensorflow",)
SIGNATURE = "serving_default"


def open_predictor(folder: Path, settings: PredictorSettings) -> GivenPredictor:
    """Open the SavedModel folder of a given model."""
    return native_predictor(folder, open_runtime, "saved_model", *PACKAGES)


def open_runtime(given: GivenModel) -> Runtime:
    """Function from the model's input to its numbers."""
    load_keras()
    import tensorflow as tf

    try:
        loaded = tf.saved_model.load(given.name)
        run = loaded.signatures[SIGNATURE]
    except (OSError, KeyError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise EchoShiftError(f"{given.name}: not a SavedModel with the signature {SIGNATURE} ({reason})") from None
    ((name, spec),) = run.structured_input_signature[1].items()

    def ask(pixels: np.ndarray) -> np.ndarray:
        outputs = loaded.signatures[SIGNATURE](**{name: tf.constant(pixels, spec.dtype)})
        wanted = given.interface.output.name
        return outputs[wanted if wanted in outputs else next(iter(outputs))].numpy()

    return ask
