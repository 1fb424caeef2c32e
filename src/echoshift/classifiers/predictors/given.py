"""What all predictors of given models share: pictures are fitted, a runtime is asked, its numbers become scores."""

from collections.abc import Callable
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
    """Scores of a given model by its own runtime, one picture per call.

    Parameters
    ----------
    given : GivenModel
    runtime : callable
        See `Runtime`.
    packages : tuple of str
        Distributions whose versions affect the answers.
    **described
        What `describe` tells besides the digest: `engine`, `version`.
    """

    def __init__(self, given: GivenModel, runtime: Runtime, packages: tuple[str, ...], **described: Any) -> None:
        self.given, self.packages, self.digest = given, packages, given.digest
        self._runtime, self._described = runtime, described

    def outputs(self, images: np.ndarray) -> np.ndarray:
        """The model's own numbers for uint8 images (image, z, x): (image, output)."""
        pixels = self.given.network_input(images)
        return np.concatenate([np.asarray(self._runtime(one[None])).reshape(1, -1) for one in pixels])

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Scores, float64 (image, class), of uint8 images (image, z, x)."""
        return self.given.scores(self.outputs(images), len(images))

    def describe(self) -> dict[str, Any]:
        """All that affects the last bits of an answer."""
        return {**self._described, "digest": self.digest}
