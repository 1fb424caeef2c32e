"""What all predictors of given models share: pictures are fitted, a runtime is asked, its numbers become scores."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.interface.folder import GivenModel, read_given
from echoshift.errors import EchoShiftError

Runtime = Callable[[np.ndarray], np.ndarray]
"""Maps the input of a model, with as many pictures as it takes, to its numbers, (picture, output)."""


def given_model(folder: Path) -> GivenModel:
    """The given model of a folder, whose files have not changed since it was adopted."""
    given = read_given(folder)
    if given is None:
        raise EchoShiftError(f"{folder}: found a model that was trained here, expected a given one")
    given.check_files(folder)
    return given


class GivenPredictor:
    """Scores of a given model by its runtime.

    Parameters
    ----------
    given : GivenModel
    runtime : callable
        See `Runtime`.
    packages : tuple of str
        Distributions whose versions affect the answers.
    at_once : bool
        Whether the runtime gets all pictures of a batch in one call, instead of one picture per call.
    **described
        What `describe` tells besides the digest: `engine`, `version`.
    """

    def __init__(
        self, given: GivenModel, runtime: Runtime, packages: tuple[str, ...], *, at_once: bool = False, **described: Any
    ) -> None:
        self.given, self.packages, self.digest = given, packages, given.digest
        self._runtime, self._at_once, self._described = runtime, at_once, described

    def outputs(self, images: np.ndarray) -> np.ndarray:
        """The model's own numbers for uint8 images (image, z, x): (image, output)."""
        pixels = self.given.network_input(images)
        if self._at_once:
            return self._runtime(pixels)
        return np.concatenate([np.asarray(self._runtime(one[None])).reshape(1, -1) for one in pixels])

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Scores, float64 (image, class), of uint8 images (image, z, x)."""
        return self.given.scores(self.outputs(images), len(images))

    def describe(self) -> dict[str, Any]:
        """All that affects the last bits of an answer."""
        return {**self._described, "digest": self.digest}


def native_predictor(
    folder: Path, open_runtime: Callable[[GivenModel], Runtime], engine: str, package: str
) -> GivenPredictor:
    """Predictor of the model file of a folder by the runtime of its format, which a package brings."""
    given = given_model(folder)
    return GivenPredictor(given, open_runtime(given), (package,), engine=engine, version=version(package))
