"""Default predictor of attack jobs: runs the exported engine, without TensorFlow."""

from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.answers import scores_of_network
from echoshift.classifiers.interface.folder import INTERFACE, read_given
from echoshift.classifiers.predictors.openvino_engine import OpenVinoEngine
from echoshift.classifiers.predictors.settings import ENGINES, PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.resize import to_network_input

PACKAGES = ("openvino",)


def open_predictor(model: Path, settings: PredictorSettings) -> "Predictor":
    """Open the engine in the folder of a trained model."""
    return Predictor(model / ENGINES["openvino"].files[0])


class Predictor:
    """Scores of the classes for 8-bit images.

    The network processes images one at a time, on a fixed number of threads, in f32. The scores of an image are
    therefore bit-identical alone and in any batch.

    Parameters
    ----------
    engine : path
        `engine.xml` of `echoshift train`, with `engine.bin` in the same folder, and `interface.json` for a given model.

    Attributes
    ----------
    digest : str
        Digest of the trained model, as in `digest.txt`.
    """

    packages = PACKAGES

    def __init__(self, engine: str | Path) -> None:
        path = Path(engine)
        self._engine = OpenVinoEngine(path)
        self.digest = self._engine.digest
        self._given = read_given(path.parent)
        if self._given and self._given.digest != self.digest:
            raise EchoShiftError(
                f"{path}: found the engine of model {self.digest[:12]}, expected {self._given.digest[:12]} as in {INTERFACE}"
            )
        self._kind = np.uint8 if self._engine.takes_bytes else np.float32

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Scores of the classes for each image, float64 (image, class), from uint8 (image, z, x)."""
        if self._given:
            return self._given.scores(self.outputs(images), len(images))
        return scores_of_network(self.outputs(images))

    def outputs(self, images: np.ndarray) -> np.ndarray:
        """The network's own numbers, float64 (image, output), from uint8 (image, z, x)."""
        outputs = np.empty((len(images), prod(self._engine.output_shape)))
        for row, image in zip(outputs, images, strict=True):
            pixels = self._given.network_input(image[None]) if self._given else to_network_input(image, self.input_size)
            pixels = pixels.reshape(self._engine.input_shape).astype(self._kind, copy=False)
            row[:] = self._engine.infer(pixels).ravel()
        return outputs

    @property
    def input_size(self) -> int:
        """Rows and columns of the input of a network that was trained here."""
        return self._engine.input_shape[1]

    def describe(self) -> dict[str, Any]:
        """All that affects the last bits of an answer, as reported by the compiled engine."""
        return {"engine": "openvino", **self._engine.describe(), "digest": self.digest}
