"""A toy predictor whose score is the mean grey level minus a threshold."""

from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.answers import scores_of_logits
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.storage.files import read_json

PACKAGES = ("numpy",)


def open_predictor(folder: Path, settings: PredictorSettings) -> "GreyLevel":
    """Read the threshold."""
    return GreyLevel(read_json(folder / "threshold.json")["grey_level"], (folder / "digest.txt").read_text().strip())


class GreyLevel:
    """Scores of two classes, (0, mean grey level minus threshold)."""

    packages = PACKAGES

    def __init__(self, threshold: float, digest: str) -> None:
        self.threshold, self.digest = threshold, digest

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Scores, float64 (image, class), of uint8 images (image, z, x)."""
        return scores_of_logits(images.mean(axis=(1, 2), dtype=np.float64) - self.threshold)

    def describe(self) -> dict[str, Any]:
        """The engine and the model."""
        return {"engine": "grey_level", "digest": self.digest}
