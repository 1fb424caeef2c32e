"""Pretrained networks that convert a grey image to features: the registry, and how each one is built."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from echoshift.classifiers.backbones.efficientnet_lite import (
    VARIANTS,
    efficientnet_lite,
    is_block_end,
    load_lite_weights,
)
from echoshift.classifiers.backbones.keras_weights import keras_features, keras_weights_digest
from echoshift.classifiers.backbones.table import NETWORKS, Preprocessing
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.resize import to_network_input

_INCEPTION_BLOCK_END = re.compile(r"mixed_(5b|6a|7a)|block(35|17|8)_\d+_ac|conv_7b_ac")


@dataclass(frozen=True)
class Backbone:
    """One pretrained network.

    Attributes
    ----------
    build : callable
        (input tensor, preprocessed tensor (size, size, 3), weights) -> Keras model from the input to pooled features, with
        weights loaded.
    weights_digest : callable
        weights -> text that identifies the weights, computed without TensorFlow.
    is_block_end : callable
        Keras layer -> whether it ends a block that can be unfrozen.
    """

    build: Callable[[Any, Any, str | None], Any]
    weights_digest: Callable[[str | None], str]
    is_block_end: Callable[[Any], bool]


def _lite(name: str) -> Backbone:
    def build(grey: Any, image: Any, weights: str | None) -> Any:
        import keras

        model = keras.Model(grey, efficientnet_lite(name, image), name=name)
        load_lite_weights(model, name)
        return model

    return Backbone(
        build=build,
        weights_digest=lambda weights: f"sha256:{VARIANTS[name].sha256}",
        is_block_end=lambda layer: is_block_end(layer.name),
    )


def _of_keras(name: str) -> Backbone:
    def build(grey: Any, image: Any, weights: str | None) -> Any:
        import keras

        model = keras.Model(grey, keras_features(name, image, weights), name=name)
        _free_of_this_process(model)
        return model

    return Backbone(
        build=build,
        weights_digest=partial(keras_weights_digest, name),
        is_block_end=_ends_inception_block if name == "inception_resnet_v2" else _can_learn,
    )


def _free_of_this_process(model: Any) -> None:
    """Hold the statistics of the pixels as arrays. As TensorFlow's tensors they could not be exported."""
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.mean, layer.variance = np.asarray(layer.mean), np.asarray(layer.variance)
        elif hasattr(layer, "layers"):
            _free_of_this_process(layer)


def _ends_inception_block(layer: Any) -> bool:
    return bool(_INCEPTION_BLOCK_END.fullmatch(layer.name))


def _can_learn(layer: Any) -> bool:
    return bool(layer.weights) and not _is_frozen(layer)


def _is_frozen(layer: Any) -> bool:
    """Whether a layer is never trained: the statistics of batch normalisation, and of the pixels."""
    import keras

    return isinstance(layer, keras.layers.BatchNormalization | keras.layers.Normalization)


BACKBONES = {name: _of_keras(name) if network.keras else _lite(name) for name, network in NETWORKS.items()}


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
        (`keras.applications`).

    Returns
    -------
    keras.Model
        float32 (size, size, 1) with values 0..255 -> pooled features. Includes centring, scaling and the repetition to
        three channels.
    """
    from echoshift.classifiers.tensorflow_setup import load_keras

    keras = load_keras()
    grey = keras.Input((input_size, input_size, 1), dtype="float32", name="image")
    image = _preprocessed(grey, NETWORKS[name].preprocessing)
    return BACKBONES[name].build(grey, image, weights)


def _preprocessed(grey: Any, preprocessing: Preprocessing | None) -> Any:
    """Three channels from one, as the network expects them."""
    from keras import layers

    repeated = layers.Concatenate(name="three_equal_channels")
    if preprocessing is None:
        return repeated([grey, grey, grey])
    centre, scale = preprocessing.centre, preprocessing.scale
    if not isinstance(centre, tuple):
        scaled = layers.Rescaling(1 / scale, -centre / scale, name="preprocessing")(grey)
        return repeated([scaled, scaled, scaled])
    scales = scale if isinstance(scale, tuple) else (scale,) * 3
    offsets = [-one / by for one, by in zip(centre, scales, strict=True)]
    return layers.Rescaling([1 / by for by in scales], offsets, name="preprocessing")(repeated([grey, grey, grey]))


def feature_extractor(name: str, input_size: int, weights: str | None = None) -> Callable[[np.ndarray], np.ndarray]:
    """Function from one image, uint8 (z, x), to its features, float32 (feature,). Parameters as for `build_backbone`."""
    model = build_backbone(name, input_size, weights)
    import tensorflow as tf

    shape = (1, input_size, input_size, 1)
    run = tf.function(lambda image: model(image, training=False), input_signature=[tf.TensorSpec(shape, tf.float32)])

    def extract(image: np.ndarray) -> np.ndarray:
        return run(to_network_input(image, input_size).reshape(shape)).numpy()[0]

    return extract


def unfreeze_last_blocks(model: Any, name: str, n_blocks: int | str) -> None:
    """Make the last blocks of a backbone trainable and freeze all layers before them.

    Batch normalisation stays frozen everywhere (inference mode).

    Parameters
    ----------
    model : keras.Model
        Model returned by `build_backbone`.
    name : str
        A key of `BACKBONES`.
    n_blocks : int or str
        Number of blocks, counted backwards from the features, or `all` for the whole backbone.
    """
    ends = [index for index, layer in enumerate(model.layers) if BACKBONES[name].is_block_end(layer)]
    if n_blocks != "all" and n_blocks > len(ends):
        raise EchoShiftError(f"trained_blocks: found {n_blocks}, expected `all` or at most {len(ends)} for {name}")
    first = 0 if n_blocks in ("all", len(ends)) else ends[-n_blocks - 1] + 1
    for index, layer in enumerate(model.layers):
        _set_trainable(layer, index >= first)


def _set_trainable(layer: Any, trainable: bool) -> None:
    layer.trainable = trainable and not _is_frozen(layer)
    for part in getattr(layer, "layers", ()):  # a layer may consist of layers
        _set_trainable(part, trainable)
