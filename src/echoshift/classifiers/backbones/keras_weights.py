"""Weights of the networks of `keras.applications`: Keras's download, or a local file in one of Keras's two layouts."""

import fcntl
import hashlib
import os
import re
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from echoshift.classifiers.backbones.table import NETWORKS
from echoshift.errors import EchoShiftError
from echoshift.storage.files import sha256_of_file

UNREADABLE = (ValueError, KeyError, OSError, TypeError)
"""What Keras raises for a file that it cannot use."""


def keras_weights_digest(name: str, weights: str | None) -> str:
    """Text that identifies the weights, computed without TensorFlow, and before a download.

    Keras checks most of its files by a sum, which is the identity. The others are known by their name and Keras's version.
    """
    if weights != "imagenet":
        return f"sha256:{sha256_of_file(existing_weights(weights))}"
    return NETWORKS[name].digest or f"keras:{name}-imagenet-{version('keras')}"


def keras_features(name: str, image: Any, weights: str | None) -> Any:
    """Apply a network of `keras.applications`, with its weights, to a tensor (size, size, 3). Returns pooled features.

    Parameters
    ----------
    name : str
        A key of `NETWORKS`.
    image : KerasTensor
        Preprocessed pixels.
    weights : str
        `imagenet`, or the path of a local file, with or without the last layer.
    """
    if weights == "imagenet":
        return _downloaded(name, image).output
    body = _network(name, weights=None, include_top=False, pooling="avg", input_tensor=image)
    _load(name, body, existing_weights(weights))
    return body.output


def existing_weights(weights: str | None) -> Path:
    """The path of a local file of weights, which must exist."""
    path = Path(weights or "")
    if not path.is_file():
        raise EchoShiftError(
            f"weights: found {weights!r}, which is no file, expected `imagenet` or the path of a local .h5 file"
        )
    return path


def _network(name: str, **options: Any) -> Any:
    import keras

    if "input_tensor" in options:
        options["input_shape"] = options["input_tensor"].shape[1:]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # MobileNet: weights of another input size, which is usual
        return getattr(keras.applications, NETWORKS[name].keras)(**options)


def _downloaded(name: str, image: Any) -> Any:
    """The network with the weights that Keras downloads. A file that cannot be used is not kept."""
    folder = _downloads()
    with _alone(folder):
        try:
            return _network(name, weights="imagenet", include_top=False, pooling="avg", input_tensor=image)
        except Exception as error:  # Keras raises a bare Exception if a download fails
            for file in folder.glob(NETWORKS[name].file):
                if not _is_right(file, NETWORKS[name].digest, error):
                    file.unlink()
            reason = re.sub(r" on https?://\S+:", ":", " ".join(str(error).split()))
            raise EchoShiftError(
                f"weights: found 'imagenet', which Keras could not download or read for {name} ({reason[:100]}); "
                "expected a network, or Keras's file on this machine as `weights: path/to/file.h5`"
            ) from None


def _downloads() -> Path:
    """Keras's folder of downloaded weights. It does not say which it is; this is what its documentation says."""
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    return (home if os.access(home, os.W_OK) else Path(tempfile.gettempdir()) / ".keras") / "models"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time download: Keras writes to the final name, and two jobs may need the file at once."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "echoshift.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_right(file: Path, digest: str | None, error: Exception) -> bool:
    """Whether the file has its sum. Without a sum: whether the error was about something else."""
    if digest is None:
        return not isinstance(error, UNREADABLE)
    algorithm, _, expected = digest.partition(":")
    with file.open("rb") as content:
        return hashlib.file_digest(content, algorithm).hexdigest() == expected


def _load(name: str, body: Any, path: Path) -> None:
    """Load a local file into a network without its last layer."""
    try:
        extra = _shapes_in(path) - Counter(tuple(weight.shape) for weight in body.weights)
        classes = min((shape[0] for shape in extra if len(shape) == 1), default=None)
        if classes is None:
            body.load_weights(str(path))
            return
        whole = _network(name, weights=None, include_top=True, classes=classes)
        whole.load_weights(str(path))
        pairs = zip(_with_weights(body), _with_weights(whole), strict=False)  # the whole has further layers at its end
        for layer, source in pairs:
            layer.set_weights(source.get_weights())
    except UNREADABLE as error:
        reason = " ".join(str(error).split())
        network = NETWORKS[name].keras
        raise EchoShiftError(f"{path}: not {network} weights in Keras's layout ({reason[:200]})") from None


def _with_weights(model: Any) -> list[Any]:
    return [layer for layer in model.layers if layer.weights]


def _shapes_in(path: Path) -> Counter:
    """How many arrays of each shape a file has. What a network without its last layer lacks is the last layer."""
    import h5py

    shapes: Counter = Counter()

    def count(place: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset) and not place.startswith("optimizer") and "seed_generator" not in place:
            shapes[item.shape] += 1

    try:
        with h5py.File(path, "r") as file:
            file.visititems(count)
    except OSError:
        raise EchoShiftError(f"{path}: not a readable HDF5 file, expected weights in Keras's layout") from None
    return shapes
