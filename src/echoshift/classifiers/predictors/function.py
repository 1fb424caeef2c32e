"""Predictor of a given Python function, which runs in the job. Its numbers are its own business."""

import platform
from pathlib import Path

import numpy as np

from echoshift.classifiers.interface.folder import GivenModel
from echoshift.classifiers.interface.function_source import import_function
from echoshift.classifiers.predictors.given import GivenPredictor, given_model
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.errors import EchoShiftError

PACKAGES = ("numpy",)


def open_predictor(folder: Path, settings: PredictorSettings) -> GivenPredictor:
    """Import the function of a given model."""
    return predictor_of(given_model(folder))


def predictor_of(given: GivenModel) -> GivenPredictor:
    """Predictor that calls the function with all pictures of a batch at once."""
    function, _ = import_function(given.source["function"], given.source["folder"])

    def ask(pixels: np.ndarray) -> np.ndarray:
        pixels = pixels.view()
        pixels.flags.writeable = False  # the next question must not see what the function did to its argument
        try:
            return np.asarray(function(pixels))
        except (Exception, SystemExit) as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            raise EchoShiftError(f"function: {given.name}: it fails: {reason}") from None

    return GivenPredictor(given, ask, PACKAGES, at_once=True, engine="function", version=platform.python_version())
