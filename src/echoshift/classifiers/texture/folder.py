"""The folder of a texture classifier: the fitted classifier, and what its features are."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from pydantic import Field
from sklearn.pipeline import Pipeline
from threadpoolctl import ThreadpoolController

from echoshift.classifiers.texture.estimators import scores_of
from echoshift.classifiers.texture.features import NO_MASKS, feature_names, texture_features
from echoshift.classifiers.texture.model_file import from_bytes
from echoshift.classifiers.texture.settings import FeatureSettings
from echoshift.errors import EchoShiftError
from echoshift.storage.files import read_json, sha256_of_bytes, write_json, written_whole
from echoshift.validation import Finite, Strict, checked

FITTED, DESCRIPTION = "texture.skops", "texture.json"


class Description(Strict):
    """What a classifier's file does not say itself."""

    features: FeatureSettings
    names: tuple[str, ...] = Field(description="names of the features, in their order")
    n_classes: int = Field(ge=2)
    scale: Finite = Field(gt=0, description="factor that makes the scores log odds")


class TextureClassifier:
    """Scores of pictures by the features of their texture.

    Parameters
    ----------
    fitted : Pipeline
    content : bytes
        Of its skops file.
    description : Description
    """

    def __init__(self, fitted: Pipeline, content: bytes, description: Description) -> None:
        self.fitted, self.description = fitted, description
        self._content = content
        self._threads = ThreadpoolController()

    @property
    def digest(self) -> str:
        """SHA-256 of the classifier and its features."""
        said = json.dumps(self.description.model_dump(mode="json"), sort_keys=True)
        return sha256_of_bytes(said.encode(), self._content)

    def scores(self, images: np.ndarray, masks: Mapping[str, np.ndarray] = NO_MASKS) -> np.ndarray:
        """Scores, float64 (image, class), of uint8 images (image, z, x) of one frame, each by itself.

        `masks` has the regions that the features need, bool (z, x), by name.
        """
        settings = self.description.features
        with self._threads.limit(limits=1):  # the sums are then the same on any number of cores
            features = np.stack([texture_features(image, settings, masks) for image in images])
            return self.description.scale * scores_of(self.fitted, features)

    def write(self, folder: Path) -> None:
        """Write `texture.skops` and `texture.json`."""
        with written_whole(folder / FITTED) as draft:
            draft.write_bytes(self._content)
        write_json(folder / DESCRIPTION, self.description.model_dump(mode="json"))


def read_texture(folder: Path) -> TextureClassifier:
    """Read the two files. Raises an `EchoShiftError` of one line if they are damaged, hostile or of different models."""
    path = folder / DESCRIPTION
    description = checked(Description, read_json(path), str(path))
    names = feature_names(description.features)
    if description.names != names:
        raise EchoShiftError(
            f"{path}: names: found {len(description.names)} others, expected the {len(names)} of the features"
        )
    content = (folder / FITTED).read_bytes()
    fitted = from_bytes(content, str(folder / FITTED), len(names), description.n_classes)
    return TextureClassifier(fitted, content, description)
