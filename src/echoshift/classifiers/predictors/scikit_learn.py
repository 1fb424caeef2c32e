"""Predictor of a texture classifier by scikit-learn, on one CPU thread."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.texture.features import NO_MASKS, region_masks
from echoshift.classifiers.texture.folder import TextureClassifier, read_texture
from echoshift.reconstruction.grid import PixelGrid

PACKAGES = ("scikit-image", "scikit-learn", "skops")


def open_predictor(folder: Path, settings: PredictorSettings) -> "TexturePredictor":
    """Open the texture classifier in a model folder."""
    return TexturePredictor(read_texture(folder))


class TexturePredictor:
    """Scores of the classes for 8-bit images. An image's features and scores are computed without the other images.

    Parameters
    ----------
    classifier : TextureClassifier
    masks : mapping of str to ndarray of bool, (z, x)
        The regions that its features need, in pictures of one frame.

    Attributes
    ----------
    digest : str
        Digest of the model, as in `digest.txt`, computed from its files.
    """

    packages = PACKAGES

    def __init__(self, classifier: TextureClassifier, masks: Mapping[str, np.ndarray] = NO_MASKS) -> None:
        self._classifier, self._masks = classifier, masks
        self.digest = classifier.digest

    def of_frame(self, regions: Mapping[str, np.ndarray], grid: PixelGrid) -> "TexturePredictor":
        """The predictor of pictures of one frame, whose regions the features may need: see `for_frame`."""
        return TexturePredictor(self._classifier, region_masks(self._classifier.description.features, regions, grid))

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Scores of the classes for each image, float64 (image, class), from uint8 (image, z, x)."""
        return self._classifier.scores(images, self._masks)

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
