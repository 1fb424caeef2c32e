"""Predictor of a given TFLite model by TensorFlow's interpreter, on the CPU. It confirms flips."""

import warnings
from pathlib import Path

import numpy as np

from echoshift.classifiers.interface.folder import GivenModel
from echoshift.classifiers.predictors.given import GivenPredictor, Runtime, native_predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.tensorflow_setup import load_keras
from echoshift.errors import EchoShiftError

PACKAGES = ("tensorflow",)


def open_predictor(folder: Path, settings: PredictorSettings) -> GivenPredictor:
    """Open the TFLite file of a given model."""
    return native_predictor(folder, open_runtime, "tflite", *PACKAGES)


def open_runtime(given: GivenModel) -> Runtime:
    """Function from the model's input to its numbers."""
    load_keras()
    import tensorflow as tf

    try:
        with warnings.catch_warnings():  # "use LiteRT", a package that need not be installed
            warnings.simplefilter("ignore")
            interpreter = tf.lite.Interpreter(given.name, num_threads=1)
        (source,) = interpreter.get_input_details()
        rows, columns = given.interface.input.size
        shape = (rows, columns, given.interface.input.channels)
        if given.interface.input.layout == "nchw":
            shape = (shape[2], rows, columns)
        interpreter.resize_tensor_input(source["index"], (1, *shape))
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise EchoShiftError(
            f"{given.name}: not a readable TFLite file ({' '.join(str(error).split())[:200]})"
        ) from None
    outputs = interpreter.get_output_details()
    wanted = given.interface.output.name
    output = next((one for one in outputs if one["name"] == wanted), outputs[0])

    def ask(pixels: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(source["index"], pixels.astype(source["dtype"]))
        interpreter.invoke()
        return interpreter.get_tensor(output["index"])

    return ask
