"""What answers an attack's questions, as the configuration says it.

Imports no engine: the workflow is planned with it.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from echoshift.errors import EchoShiftError
from echoshift.validation import Strict


@dataclass(frozen=True)
class Engine:
    """One engine.

    Attributes
    ----------
    module : str
        With its `open_predictor`: imported by name, so that a job depends on its own engine's source alone.
    files : tuple of str
        What it reads in a model folder.
    """

    module: str
    files: tuple[str, ...]


ENGINES = {
    "openvino": Engine("echoshift.classifiers.predictors.openvino", ("engine.xml", "engine.bin")),
    "tensorflow": Engine("echoshift.classifiers.predictors.tensorflow", ("model.keras",)),
}


class PredictorSettings(Strict):
    """The engine that attack jobs ask."""

    engine: Literal[tuple(ENGINES)] = Field(
        "openvino", description="openvino: the exported engine, on one CPU core; tensorflow: Keras on one GPU"
    )
    allow_cpu: bool = Field(
        False, description="tensorflow alone: answer on the CPU where no GPU is found, instead of failing"
    )
    device: Literal["cpu"] | None = Field(
        None, description="tensorflow alone: cpu answers there without looking for a GPU"
    )

    @model_validator(mode="after")
    def _allowed(self) -> "PredictorSettings":
        for name in ("allow_cpu", "device"):
            if getattr(self, name) and self.engine != "tensorflow":
                raise ValueError(f"{name} with engine tensorflow alone: {self.engine} answers on the CPU")
        return self


def missing_file(path: Path) -> EchoShiftError:
    """The error where a file of a model folder is not there; the workflow itself asks for `digest.txt` alone."""
    repair = f"rm {shlex.quote(str(path.parent / 'digest.txt'))} and run again"
    return EchoShiftError(f"{path}: file not found, expected one of `echoshift train`; repair: {repair}")
