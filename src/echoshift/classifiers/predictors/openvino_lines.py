"""Predictor of a classifier of RF lines: runs the exported engine on the pieces of a recording, without TensorFlow."""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.answers import scores_of_network
from echoshift.classifiers.predictors.openvino_engine import OpenVinoEngine
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.rf_lines.folder import AT_ONCE, ENGINE, Description, read_description
from echoshift.classifiers.rf_lines.pieces import Lines
from echoshift.classifiers.rf_lines.recording import open_rf
from echoshift.errors import EchoShiftError
from echoshift.frame import RFFrame

PACKAGES = ("h5py", "openvino", "scipy")


def open_predictor(folder: Path, settings: PredictorSettings) -> "LinesPredictor":
    """Open the engine in the folder of a classifier of RF lines."""
    description, engine = read_description(folder), OpenVinoEngine(folder / ENGINE)
    if engine.digest != description.network:
        raise EchoShiftError(
            f"{folder / ENGINE}: found network {engine.digest[:12]}, expected {description.network[:12]} as described"
        )
    return LinesPredictor(description, engine)


class LinesPredictor:
    """Scores of the classes for the RF of one recording. They are the same for all its pictures.

    Parameters
    ----------
    description : Description
    engine : OpenVinoEngine
    recording : path, optional
        The recording that it is asked about: see `of_recording`.
    sidecar : path, optional
        As for `open_frame`.

    Attributes
    ----------
    digest : str
        Digest of the model, as in `digest.txt`.
    """

    packages = PACKAGES

    def __init__(
        self,
        description: Description,
        engine: OpenVinoEngine,
        recording: str | Path | None = None,
        sidecar: Path | None = None,
    ) -> None:
        self._description, self._engine = description, engine
        self._recording, self._sidecar = recording, sidecar
        self.digest = description.digest

    def of_recording(self, path: str | Path, sidecar: Path | None = None) -> "LinesPredictor":
        """The predictor of one recording, which is read when it is first asked: see `for_recording`."""
        return LinesPredictor(self._description, self._engine, path, sidecar)

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Scores of the classes, float64 (image, class), for uint8 images (image, z, x) of the recording."""
        if self._recording is None:
            raise EchoShiftError("found pictures alone, expected a recording: this classifier reads RF lines")
        return np.tile(self._scores, (len(images), 1))

    @cached_property
    def _scores(self) -> np.ndarray:
        frame = open_rf(self._recording, self._sidecar)
        try:
            return self.scores_of(frame)
        except EchoShiftError as error:
            raise EchoShiftError(f"{self._recording}: {error}") from None

    def scores_of(self, frame: RFFrame) -> np.ndarray:
        """Scores of the classes, float64 (class,): means over the pieces of the frame."""
        pieces = Lines(frame, self._description.pieces, self._description.sampling_frequency).all_pieces()
        n_calls = -(-len(pieces) // AT_ONCE)
        padded = np.zeros((n_calls * AT_ONCE, *pieces.shape[1:], 1), dtype=np.float32)
        padded[: len(pieces), :, 0] = pieces
        outputs = [self._engine.infer(part).astype(np.float64) for part in np.split(padded, n_calls)]
        return scores_of_network(np.concatenate(outputs)[: len(pieces)].mean(axis=0)[None])[0]

    def describe(self) -> dict[str, Any]:
        """All that affects the last bits of an answer."""
        return {"engine": "openvino_lines", **self._engine.describe(), "digest": self.digest}
