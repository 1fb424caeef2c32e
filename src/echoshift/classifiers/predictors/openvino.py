"""Default predictor of attack jobs: runs the exported engine, without TensorFlow."""

from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.answers import scores_of_network
from echoshift.classifiers.interface.folder import INTERFACE, read_given
from echoshift.classifiers.openvino_setup import DIGEST_FIELD, load_openvino
from echoshift.classifiers.predictors.settings import ENGINES, PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.resize import to_network_input

PACKAGES = ("openvino",)
THREADS = 1
"""CPU threads of a predictor. Attack jobs run in parallel."""


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
        openvino = load_openvino()
        self._path = Path(engine)
        with self._path.open("rb") as file:
            # Otherwise OpenVINO tries every format that it knows and prints complaints.
            if not file.read(5) == b"<?xml":
                raise EchoShiftError(f"{self._path}: found no XML, expected an engine of `echoshift train`")
        core = openvino.Core()
        settings = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": THREADS,
            "NUM_STREAMS": 1,
            # Otherwise parallel jobs would all be pinned to the first core.
            "ENABLE_CPU_PINNING": False,
        }
        try:
            network = core.read_model(self._path)
            if not network.has_rt_info(DIGEST_FIELD):
                raise EchoShiftError(f"{self._path}: found no model digest, expected an engine of `echoshift train`")
            self.digest = network.get_rt_info(DIGEST_FIELD).astype(str)
            self._compiled = core.compile_model(network, "CPU", settings)
        except RuntimeError as error:
            reason = " ".join(str(error).split())
            raise EchoShiftError(f"{self._path}: not a readable OpenVINO engine ({reason[:200]})") from None
        self._request = self._compiled.create_infer_request()
        self._batch_shape = tuple(self._compiled.input(0).shape)
        self._device = " ".join(core.get_property("CPU", "FULL_DEVICE_NAME").split())
        self._version = openvino.get_version()
        self._given = read_given(self._path.parent)
        if self._given and self._given.digest != self.digest:
            raise EchoShiftError(
                f"{self._path}: found the engine of model {self.digest[:12]}, expected {self._given.digest[:12]} as in {INTERFACE}"
            )
        self._kind = np.uint8 if self._compiled.input(0).get_element_type().get_type_name() == "u8" else np.float32

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Scores of the classes for each image, float64 (image, class), from uint8 (image, z, x)."""
        if self._given:
            return self._given.scores(self.outputs(images), len(images))
        return scores_of_network(self.outputs(images))

    def outputs(self, images: np.ndarray) -> np.ndarray:
        """The network's own numbers, float64 (image, output), from uint8 (image, z, x)."""
        outputs = np.empty((len(images), prod(self._compiled.output(0).shape)))
        for row, image in zip(outputs, images, strict=True):
            pixels = self._given.network_input(image[None]) if self._given else to_network_input(image, self.input_size)
            pixels = pixels.reshape(self._batch_shape).astype(self._kind, copy=False)
            row[:] = self._request.infer([pixels], share_inputs=True)[0].ravel()
        return outputs

    @property
    def input_size(self) -> int:
        """Rows and columns of the input of a network that was trained here."""
        return self._batch_shape[1]

    def describe(self) -> dict[str, Any]:
        """All that affects the last bits of an answer, as reported by the compiled engine."""
        return {
            "engine": "openvino",
            "version": self._version,
            "device": self._device,
            "precision": self._compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name(),
            "threads": int(self._compiled.get_property("INFERENCE_NUM_THREADS")),
            "batch_shape": list(self._batch_shape),
            "digest": self.digest,
        }
