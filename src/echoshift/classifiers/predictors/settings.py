"""What answers an attack's questions, as the configuration says it.

Imports no engine: the workflow is planned with it.
"""

from typing import Literal

from pydantic import Field, model_validator

from echoshift.validation import Strict

PREDICTORS = {
    "openvino": "echoshift.classifiers.predictors.openvino",
    "tensorflow": "echoshift.classifiers.predictors.tensorflow",
}
"""The module of each engine's `open_predictor`: imported by name, so that a job depends on its own engine's source alone."""

MODEL_FILES = {"openvino": ("engine.xml", "engine.bin"), "tensorflow": ("model.keras",)}
"""What each engine reads of a trained model's folder."""


class PredictorSettings(Strict):
    """The engine that attack jobs ask."""

    engine: Literal[tuple(PREDICTORS)] = Field(
        "openvino", description="openvino: the exported engine, on one CPU core; tensorflow: Keras on one GPU"
    )
    allow_cpu: bool = Field(
        False, description="tensorflow alone: answer on the CPU where no GPU is found, instead of failing"
    )

    @model_validator(mode="after")
    def _allowed(self) -> "PredictorSettings":
        if self.allow_cpu and self.engine == "openvino":
            raise ValueError("allow_cpu with engine tensorflow alone: openvino answers on the CPU")
        return self
