"""Settings of a predictor.

Imports no engine, because planning the workflow imports this module.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from echoshift.validation import Strict


@dataclass(frozen=True)
class Engine:
    """One engine.

    Attributes
    ----------
    module : str
        Module with `open_predictor`. Imported by name, so that a job depends only on the source of its own engine.
    files : tuple of str
        Files that it reads in a model folder.
    words : str
        Name for the reader of the results.
    tolerance : float
        Scores of one picture differ by no more between this engine and the one that confirms it, or between machines.
        The largest difference seen is 8e-4 (InceptionResNetV2 on a GPU). Functions and servers are taken as exact.
    reads_recordings : bool
        Whether it reads the recording instead of pictures, so that no setting reaches the classifier.
    """

    module: str
    files: tuple[str, ...]
    words: str
    tolerance: float = 1e-3
    reads_recordings: bool = False


ENGINES = {
    "openvino": Engine("echoshift.classifiers.predictors.openvino", ("engine.xml", "engine.bin"), "OpenVINO"),
    "tensorflow": Engine("echoshift.classifiers.predictors.tensorflow", ("model.keras",), "Keras"),
    "onnxruntime": Engine("echoshift.classifiers.predictors.onnxruntime", ("interface.json",), "onnxruntime"),
    "saved_model": Engine("echoshift.classifiers.predictors.saved_model", ("interface.json",), "TensorFlow"),
    "tflite": Engine("echoshift.classifiers.predictors.tflite", ("interface.json",), "TensorFlow Lite"),
    "scikit_learn": Engine(
        "echoshift.classifiers.predictors.scikit_learn", ("texture.skops", "texture.json"), "scikit-learn", 1e-6
    ),
    "openvino_lines": Engine(
        "echoshift.classifiers.predictors.openvino_lines",
        ("lines.xml", "lines.bin", "lines.json"),
        "OpenVINO",
        reads_recordings=True,
    ),
    "function": Engine("echoshift.classifiers.predictors.function", ("interface.json",), "the function itself", 0.0),
    "server": Engine("echoshift.classifiers.predictors.server", ("interface.json",), "the server itself", 0.0),
}
EXTERNAL = ("function", "server")
"""Engines that run the user's code or send pictures to a server."""


class PredictorSettings(Strict):
    """Engine of the attack jobs."""

    engine: Literal[tuple(ENGINES)] = Field(
        "openvino",
        description="openvino: the exported engine, on one CPU core; tensorflow: Keras on one GPU; onnxruntime, "
        "saved_model, tflite: the own runtime of a given model; function, server: those of a given function or URL; "
        "scikit_learn: that of a texture classifier; openvino_lines: that of a classifier of RF lines",
    )
    allow_cpu: bool = Field(False, description="tensorflow only: use the CPU if no GPU is found, instead of failing")
    device: Literal["cpu"] | None = Field(
        None, description="tensorflow only: `cpu` uses the CPU without looking for a GPU"
    )

    @model_validator(mode="after")
    def _allowed(self) -> "PredictorSettings":
        for name in ("allow_cpu", "device"):
            if getattr(self, name) and self.engine != "tensorflow":
                raise ValueError(f"{name} with engine tensorflow only: {self.engine} runs on the CPU")
        return self
