"""Predictor of a given ONNX model by onnxruntime, on the CPU. It confirms flips where onnxruntime is installed."""

from pathlib import Path

import numpy as np

from echoshift.classifiers.interface.folder import GivenModel
from echoshift.classifiers.predictors.given import GivenPredictor, Runtime, native_predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.errors import EchoShiftError

PACKAGES = ("onnxruntime",)


def open_predictor(folder: Path, settings: PredictorSettings) -> GivenPredictor:
    """Open the ONNX file of a given model."""
    return native_predictor(folder, open_runtime, "onnxruntime", *PACKAGES)


def open_runtime(given: GivenModel) -> Runtime:
    """Function from the model's input to its numbers."""
    try:
        import onnxruntime
    except ImportError:
        raise EchoShiftError(
            "predictor.engine: onnxruntime: not installed, expected it: pip install onnxruntime"
        ) from None

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(given.name, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own classes derive from Exception
        raise EchoShiftError(
            f"{given.name}: onnxruntime cannot read it ({' '.join(str(error).split())[:200]})"
        ) from None
    (source,) = session.get_inputs()
    wanted = given.interface.output.name
    outputs = [one.name for one in session.get_outputs()]
    output = wanted if wanted in outputs else outputs[0]
    kind = np.uint8 if "uint8" in source.type else np.float64 if "double" in source.type else np.float32
    kind = np.float16 if "float16" in source.type else kind
    return lambda pixels: session.run([output], {source.name: pixels.astype(kind)})[0]
