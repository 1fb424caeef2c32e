"""Predictor of a given Python function, which runs in the job. Its numbers are its own business."""

import platform
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.interface.folder import GivenModel
from echoshift.classifiers.interface.function_source import import_function
from echoshift.classifiers.predictors.given import Runtime, given_model
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.errors import EchoShiftError

PACKAGES = ("numpy",)


def open_predictor(folder: Path, settings: PredictorSettings) -> "FunctionPredictor":
    """Import the function of a given model."""
    given = given_model(folder)
    return FunctionPredictor(given, open_runtime(given))


def open_runtime(given: GivenModel) -> Runtime:
    """The function itself."""
    function, _ = import_function(given.source["function"], given.source["folder"])
    return function


class FunctionPredictor:
    """Scores by a Python function, which gets all pictures of a batch at once."""

    packages = PACKAGES

    def __init__(self, given: GivenModel, function: Runtime) -> None:
        self.given, self._function, self.digest = given, function, given.digest

    def outputs(self, images: np.ndarray) -> np.ndarray:
        """The function's numbers for uint8 images (image, z, x): (image, output)."""
        pixels = self.given.network_input(images)
        pixels.flags.writeable = False  # the next question must not see what the function did to its argument
        try:
            return np.asarray(self._function(pixels))
        except (Exception, SystemExit) as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            raise EchoShiftError(f"function: {self.given.name}: it fails: {reason}") from None

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Scores, float64 (image, class), of uint8 images (image, z, x)."""
        return self.given.scores(self.outputs(images), len(images))

    def describe(self) -> dict[str, Any]:
        """The function and its digest."""
        return {"engine": "function", "version": platform.python_version(), "digest": self.digest}
