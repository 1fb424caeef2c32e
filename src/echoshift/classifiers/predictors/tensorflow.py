"""Predictor that runs the trained Keras model in f32. It confirms flips on the CPU and serves attacks on a GPU."""

from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.answers import scores_of_network
from echoshift.classifiers.digest import model_digest
from echoshift.classifiers.interface.folder import INTERFACE, read_given
from echoshift.classifiers.interface.keras_file import load_keras_file, output_names
from echoshift.classifiers.predictors.gpu import claim_gpu, free_gpu
from echoshift.classifiers.predictors.settings import ENGINES, PredictorSettings
from echoshift.classifiers.tensorflow_setup import THREADS, load_keras
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.resize import to_network_input
from echoshift.storage.files import sha256_of_file

PACKAGES = ("keras", "tensorflow")
GPU_BATCH = 8
"""Images per call on a GPU. Smaller batches are padded, so that all images go through the same operations."""


def open_predictor(model: Path, settings: PredictorSettings) -> "KerasPredictor":
    """Open the model in the folder of a trained model, on a GPU claimed for this process or, if configured, on the CPU."""
    gpu = None if settings.device == "cpu" else claim_gpu()
    if gpu is None and settings.device != "cpu" and not settings.allow_cpu:
        raise EchoShiftError(
            "predictor.engine: tensorflow: found no GPU that this job may use, "
            "expected one (or predictor.allow_cpu: true)"
        )
    return KerasPredictor(model / ENGINES["tensorflow"].files[0], gpu, settings.allow_cpu)


class KerasPredictor:
    """Scores of the classes for 8-bit images from `model.keras`, in the same form as OpenVINO's `Predictor`.

    Parameters
    ----------
    model : path
        `model.keras` of `echoshift train`.
    gpu : str, optional
        Device in the notation of `CUDA_VISIBLE_DEVICES`. Without it the CPU is used.
    allow_cpu : bool
        Use the CPU if TensorFlow cannot use the device.

    Attributes
    ----------
    digest : str
        Digest of the model, as in `digest.txt`. That of a model that was trained here is computed from it.
    """

    packages = PACKAGES

    def __init__(self, model: str | Path, gpu: str | None = None, allow_cpu: bool = False) -> None:
        load_keras(gpu)
        import tensorflow as tf

        devices = tf.config.list_physical_devices("GPU")
        if gpu is not None and not devices:
            free_gpu()
            if not allow_cpu:
                raise EchoShiftError(
                    f"GPU {gpu}: found no such device in tensorflow, "
                    "expected one (a driver, and tensorflow[and-cuda]; or predictor.allow_cpu: true)"
                )
        self._device = tf.config.experimental.get_device_details(devices[0])["device_name"] if devices else "CPU"
        self._model = load_keras_file(model)
        self._given = read_given(Path(model).parent)
        if self._given and sha256_of_file(model) not in self._given.files.values():
            raise EchoShiftError(f"{model}: found another model, expected the one of {INTERFACE}")
        self.digest = self._given.digest if self._given else model_digest(self._model)
        self._shape = (GPU_BATCH if devices else 1, *self._input_shape())
        self._run = tf.function(
            lambda image: self._only_output(self._model(image, training=False)),
            input_signature=[tf.TensorSpec(self._shape, self._model.inputs[0].dtype)],
        )

    def _input_shape(self) -> tuple[int, ...]:
        """Shape of one picture in the network."""
        if self._given is None:
            return self._model.input_shape[1:]
        asked = self._given.interface.input
        return (*asked.size, asked.channels) if asked.layout == "nhwc" else (asked.channels, *asked.size)

    def _only_output(self, answers: Any) -> Any:
        """The output that is meant, of a model with several."""
        import tensorflow as tf

        wanted = self._given.interface.output.name if self._given else None
        names = output_names(self._model)
        return tf.nest.flatten(answers)[names.index(wanted) if wanted in names else 0]

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Scores of the classes for each image, float64 (image, class), from uint8 (image, z, x)."""
        if self._given:
            return self._given.scores(self.outputs(images), len(images))
        return scores_of_network(self.outputs(images))

    def outputs(self, images: np.ndarray) -> np.ndarray:
        """The network's own numbers, float64 (image, output), from uint8 (image, z, x)."""
        from tensorflow.errors import OpError

        outputs = np.empty((len(images), prod(self._only_output(self._model.output).shape[1:])))
        for start in range(0, len(images), self._shape[0]):
            part = images[start : start + self._shape[0]]
            batch = np.zeros(self._shape, dtype=self._model.inputs[0].dtype)
            batch[: len(part)] = self._network_input(part)
            try:
                answers = self._run(batch).numpy()
            except OpError as error:  # for example, out of device memory
                reason = " ".join(str(error).split())
                raise EchoShiftError(f"{self._device}: tensorflow gave no answer ({reason[:200]})") from None
            outputs[start : start + len(part)] = answers[: len(part)].reshape(len(part), -1)
        return outputs

    def _network_input(self, images: np.ndarray) -> np.ndarray:
        if self._given:
            return self._given.network_input(images)
        return np.stack([to_network_input(image, self._shape[1]) for image in images])[..., None]

    def describe(self) -> dict[str, Any]:
        """All that affects the last bits of an answer."""
        import keras
        import tensorflow as tf

        return {
            "engine": "tensorflow",
            "version": f"{tf.__version__}, keras {keras.__version__}",
            "device": self._device,
            "precision": "f32",
            "threads": THREADS,
            "batch_shape": list(self._shape),
            "digest": self.digest,
        }
