"""Pretrained networks that convert a grey image to features: the registry, and how each one is built."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.backbones.efficientnet_lite import (
    VARIANTS,
    efficientnet_lite,
    is_block_end,
    load_lite_weights,
)
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.resize import to_network_input
from echoshift.storage.files import sha256_of_file

# MD5 of the file that Keras downloads and checks. It identifies the weights before the download.
INCEPTION_IMAGENET = "md5:d19885ff4a710c122648d3b5c3b684e4"
_INCEPTION_BLOCK_END = re.compile(r"mixed_(5b|6a|7a)|block(35|17|8)_\d+_ac|conv_7b_ac")


@dataclass(frozen=True)
class Backbone:
    """One pretrained network.

    Attributes
    ----------
    centre, scale : float
        The input of the network is (pixel - centre) / scale.
    build : callable
        (input tensor, scaled tensor (size, size, 3), weights) -> Keras model from the input to pooled features, with
        weights loaded.
    weights_digest : callable
        weights -> text that identifies the weights, computed without TensorFlow.
    is_block_end : callable
        layer name -> whether it ends a block that can be unfrozen.
    """

    centre: float
    scale: float
    build: Callable[[Any, Any, str | None], Any]
    weights_digest: Callable[[str | None], str]
    is_block_end: Callable[[str], bool]


def _build_inception(grey: Any, image: Any, weights: str | None) -> Any:
    import keras

    return keras.Model(grey, _inception_features(image, weights), name="inception_resnet_v2")


def _inception_features(image: Any, weights: str | None) -> Any:
    import keras

    network = partial(
        keras.applications.InceptionResNetV2, input_tensor=image, input_shape=image.shape[1:], pooling="avg"
    )
    if weights == "imagenet":
        try:
            return network(include_top=False, weights="imagenet").output
        except Exception as error:  # Keras raises a bare Exception if a download fails
            reason = " ".join(str(error).split()).partition(" on http")[0]
            raise EchoShiftError(
                f"weights: found 'imagenet', which Keras could not download ({reason[:100]}); "
                "expected a network, or Keras's file on this machine as `weights: path/to/file.h5`"
            ) from None
    path = _existing_weights(weights)
    n_classes = _classes_in(path)
    try:
        if n_classes is None:
            return network(include_top=False, weights=str(path)).output
        whole = network(include_top=True, weights=None, classes=n_classes)
        whole.load_weights(str(path))
    except (ValueError, KeyError, OSError) as error:
        reason = " ".join(str(error).split())
        raise EchoShiftError(f"{path}: not InceptionResNetV2 weights in Keras's layout ({reason[:200]})") from None
    return whole.get_layer("avg_pool").output


def _existing_weights(weights: str | None) -> Path:
    path = Path(weights or "")
    if not path.is_file():
        raise EchoShiftError(
            f"weights: found {weights!r}, which is no file, expected `imagenet` or the path of a local .h5 file"
        )
    return path


def _classes_in(path: Path) -> int | None:
    """Number of classes of the last dense layer in the file. None if the file has no such layer (`notop`)."""
    import h5py

    def classes(name: str, item: h5py.Group | h5py.Dataset) -> int | None:
        is_kernel = "predictions" in name and isinstance(item, h5py.Dataset) and item.ndim == 2
        return item.shape[1] if is_kernel else None

    try:
        with h5py.File(path, "r") as file:
            return file.visititems(classes)  # stops at the first that is found
    except OSError:
        raise EchoShiftError(
            f"{path}: not a readable HDF5 file, expected InceptionResNetV2 weights in Keras's layout"
        ) from None


def _inception_digest(weights: str | None) -> str:
    return INCEPTION_IMAGENET if weights == "imagenet" else f"sha256:{sha256_of_file(_existing_weights(weights))}"


def _lite(name: str) -> Backbone:
    def build(grey: Any, image: Any, weights: str | None) -> Any:
        import keras

        model = keras.Model(grey, efficientnet_lite(name, image), name=name)
        load_lite_weights(model, name)
        return model

    return Backbone(
        centre=127.0,
        scale=128.0,
        build=build,
        weights_digest=lambda weights: f"sha256:{VARIANTS[name].sha256}",
        is_block_end=is_block_end,
    )


BACKBONES = {
    "efficientnet_lite2": _lite("efficientnet_lite2"),
    "efficientnet_lite0": _lite("efficientnet_lite0"),
    "inception_resnet_v2": Backbone(
        centre=127.5,
        scale=127.5,
        build=_build_inception,
        weights_digest=_inception_digest,
        is_block_end=lambda layer: bool(_INCEPTION_BLOCK_END.fullmatch(layer)),
    ),
}


def build_backbone(name: str, input_size: int, weights: str | None = None) -> Any:
    """Build a pretrained network that maps grey pixels to features.

    Parameters
    ----------
    name : str
        A key of `BACKBONES`.
    input_size : int
        Rows and columns of the input.
    weights : str or None
        None for the weights of the installed package (EfficientNet-Lite); `imagenet` or the path of a local `.h5` file
        (InceptionResNetV2).

    Returns
    -------
    keras.Model
        float32 (size, size, 1) with values 0..255 -> pooled features. Includes centring, scaling and the repetition to
        three channels.
    """
    from echoshift.classifiers.tensorflow_setup import load_keras

    keras = load_keras()
    backbone = BACKBONES[name]
    grey = keras.Input((input_size, input_size, 1), dtype="float32", name="image")
    scaled = keras.layers.Rescaling(1 / backbone.scale, -backbone.centre / backbone.scale, name="preprocessing")(grey)
    image = keras.layers.Concatenate(name="three_equal_channels")([scaled, scaled, scaled])
    return backbone.build(grey, image, weights)


def feature_extractor(name: str, input_size: int, weights: str | None = None) -> Callable[[np.ndarray], np.ndarray]:
    """Function from one image, uint8 (z, x), to its features, float32 (feature,). Parameters as for `build_backbone`."""
    model = build_backbone(name, input_size, weights)
    import tensorflow as tf

    shape = (1, input_size, input_size, 1)
    run = tf.function(lambda image: model(image, training=False), input_signature=[tf.TensorSpec(shape, tf.float32)])

    def extract(image: np.ndarray) -> np.ndarray:
        return run(to_network_input(image, input_size).reshape(shape)).numpy()[0]

    return extract


def unfreeze_last_blocks(model: Any, name: str, n_blocks: int) -> None:
    """Make the last blocks of a backbone trainable and freeze all layers before them.

    Batch normalisation stays frozen everywhere (inference mode).

    Parameters
    ----------
    model : keras.Model
        Model returned by `build_backbone`.
    name : str
        A key of `BACKBONES`.
    n_blocks : int
        Number of blocks, counted backwards from the features. The settings ensure that there are that many.
    """
    import keras

    ends = [index for index, layer in enumerate(model.layers) if BACKBONES[name].is_block_end(layer.name)]
    first = ends[-n_blocks - 1] + 1 if n_blocks < len(ends) else 0
    for index, layer in enumerate(model.layers):
        layer.trainable = index >= first and not isinstance(layer, keras.layers.BatchNormalization)
