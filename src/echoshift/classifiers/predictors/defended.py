"""Predictor of a classifier with defences that change the pictures it is asked about."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from echoshift.classifiers.defences.listed import Listed
from echoshift.classifiers.defences.prepared import check_fixed, prepared
from echoshift.classifiers.defences.settings import DefenceSettings, as_json, defended_digest, of_pictures
from echoshift.storage.files import read_json
from echoshift.validation import checked

if TYPE_CHECKING:
    from echoshift.classifiers.predictors import Predicts


def defences_of(folder: Path) -> list[DefenceSettings]:
    """Defences of pictures in the record of a model folder. A draft of a model has no record."""
    record = folder / "record.json"
    listed = read_json(record).get("defences", []) if record.is_file() else []
    return of_pictures(checked(Listed, {"defences": listed}, str(record)).defences)


class Defended:
    """Scores of the versions that the defences make of each picture, averaged.

    Whoever asks it, an attack too, asks the defended classifier: settings pass through the defences.

    Parameters
    ----------
    predictor : Predicts
        Of the model itself.
    defences : sequence of DefenceSettings
        In the order in which they act on a picture.

    Attributes
    ----------
    digest : str
        Of the model and the defences, as in `digest.txt`.
    """

    def __init__(self, predictor: "Predicts", defences: Sequence[DefenceSettings]) -> None:
        check_fixed(defences)
        self._predictor, self._defences = predictor, defences
        self.packages = predictor.packages
        self.digest = defended_digest(predictor.digest, defences)

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Mean scores of each picture's versions, float64 (image, class), from uint8 (image, z, x)."""
        if not len(images):
            return self._predictor.scores(images)
        versions = [prepared(image, self._defences) for image in images]
        scores = self._predictor.scores(np.concatenate(versions))
        ends = np.cumsum([len(one) for one in versions])[:-1]
        return np.stack([own.mean(axis=0) for own in np.split(scores, ends)])

    def describe(self) -> dict[str, Any]:
        """All that affects the last bits of an answer."""
        return {**self._predictor.describe(), "defences": as_json(self._defences), "digest": self.digest}
