"""The predictor of attack jobs: scores from the exported engine, without TensorFlow."""

from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.answers import scores_of_logits
from echoshift.classifiers.openvino_setup import DIGEST_FIELD, load_openvino
from echoshift.classifiers.predictors.settings import ENGINES, PredictorSettings, missing_file
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.resize import to_network_input

PACKAGES = ("openvino",)
THREADS = 1
"""CPU threads of a predictor: attack jobs run side by side."""


def open_predictor(model: Path, settings: PredictorSettings) -> "Predictor":
    """Open the engine in a trained model's folder."""
    return Predictor(model / ENGINES["openvino"].files[0])


class Predictor:
    """Scores of two classes, (0, logit of the positive one), for 8-bit images.

    Images go through the network one at a time, on a fixed number of threads, in f32: an image's scores are the same to
    the last bit alone and in any batch.

    Parameters
    ----------
    engine : path
        `engine.xml` of `echoshift train`, with `engine.bin` beside it.

    Attributes
    ----------
    input_size : int
        Rows and columns of the network's input.
    digest : str
        Of the trained model, as in `digest.txt`.
    """

    packages = PACKAGES

    def __init__(self, engine: str | Path) -> None:
        openvino = load_openvino()
        self._path = Path(engine)
        for path in (self._path, self._path.with_suffix(".bin")):
            if not path.is_file():
                raise missing_file(path)
        with self._path.open("rb") as file:
            # OpenVINO would try every format that it knows, and complain on the screen.
            if not file.read(5) == b"<?xml":
                raise EchoShiftError(f"{self._path}: found no XML, expected an engine of `echoshift train`")
        core = openvino.Core()
        settings = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": THREADS,
            "NUM_STREAMS": 1,
            # Jobs side by side must not all sit on the first core.
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
        self._device = str(core.get_property("CPU", "FULL_DEVICE_NAME"))
        self._version = openvino.get_version()
        self.input_size = self._batch_shape[1]

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Scores of both classes of each image.

        Parameters
        ----------
        images : ndarray of uint8, (image, z, x)

        Returns
        -------
        ndarray of float64, (image, class)
        """
        logits = np.empty(len(images), dtype=np.float64)
        for index, image in enumerate(images):
            pixels = to_network_input(image, self.input_size).reshape(self._batch_shape)
            logits[index] = self._request.infer([pixels], share_inputs=True)[0].item()
        return scores_of_logits(logits)

    def describe(self) -> dict[str, Any]:
        """What decides the last bits of an answer, as the compiled engine reports it."""
        precision = self._compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        return {
            "engine": "openvino",
            "version": self._version,
            "device": " ".join(self._device.split()),
            "precision": precision,
            "threads": int(self._compiled.get_property("INFERENCE_NUM_THREADS")),
            "batch_shape": list(self._batch_shape),
            "digest": self.digest,
        }
