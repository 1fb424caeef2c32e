"""What answers an attack's questions: one engine a file, listed in `settings.ENGINES`.

A predictor's file is a module with

- `PACKAGES`: the distributions whose versions decide its answers;
- `open_predictor(folder: Path, settings: PredictorSettings) -> Predicts`: the predictor of one model folder. TensorFlow and
  the like are imported here, not with the module.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from echoshift.classifiers.predictors.settings import ENGINES, PredictorSettings, missing_file

if TYPE_CHECKING:  # the workflow is planned with this package: not NumPy
    import numpy as np


class Predicts(Protocol):
    """A predictor: it knows which trained model it asks and on what.

    Attributes
    ----------
    digest : str
        Of the trained model, as in `digest.txt`.
    packages : tuple of str
        Distributions whose versions decide the answers.
    """

    digest: str
    packages: tuple[str, ...]

    def scores(self, images: "np.ndarray") -> "np.ndarray":
        """Scores, float64 (image, class), of uint8 images (image, z, x); an image's are the same alone and in any batch."""

    def describe(self) -> dict[str, Any]:
        """What decides the last bits of an answer, as JSON values: `engine`, `version`, `device`, ..., `digest`."""


def open_predictor(settings: PredictorSettings, model: str | Path) -> Predicts:
    """Open the folder of a trained model with the engine that the settings name.

    Raises
    ------
    EchoShiftError
        If a file that the engine reads is not there: names the file and how it is made again.
    """
    engine, folder = ENGINES[settings.engine], Path(model)
    for name in engine.files:
        if not (folder / name).is_file():
            raise missing_file(folder / name)
    return import_module(engine.module).open_predictor(folder, settings)
