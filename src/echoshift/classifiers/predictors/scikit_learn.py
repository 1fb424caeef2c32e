"""Predictor of a texture classifier by scikit-learn, on one CPU thread."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.texture.folder import read_texture

PACKAGES = ("scikit-image", "scikit-learn", "skops")


def open_predictor(folder: Path, settings: PredictorSettings) -> "TexturePredictor":
    """Open the texture classifier in a model folder."""
    return TexturePredictor(folder)


class TexturePredictor:
    """Scores of the classes for 8-bit images. An image's features and scores are computed without the other images.

    Parameters
    ----------
    folder : path
        With `texture.skops` and `texture.json` of `echoshift train`.

    Attributes
    ----------
    digest : str
        Digest of the model, as in `digest.txt`, computed from its files.
    """

    packages = PACKAGES

    def __init__(self, folder: Path) -> None:
        self._classifier = read_texture(folder)
        self.digest = self._classifier.digest

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Scores of the classes for each image, float64 (image, class), from uint8 (image, z, x)."""
        return self._classifier.scores(images)

    def describe(self) -> dict[str, Any]:
        """All that affects the last bits of an answer."""
        return {
            "engine": "scikit_learn",
            "version": f"{version('scikit-learn')}, scikit-image {version('scikit-image')}",
            "device": "CPU",
            "precision": "f64",
            "threads": 1,
            "digest": self.digest,
        }
