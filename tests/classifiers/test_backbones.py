"""Backbones: correct weights in the correct layers, preprocessing included, nothing random by accident."""

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from echoshift.classifiers.backbones.efficientnet_lite import (
    VARIANTS,
    efficientnet_lite,
    load_lite_weights,
    weights_file,
)
from echoshift.classifiers.backbones.networks import BACKBONES, build_backbone, unfreeze_last_blocks
from echoshift.classifiers.backbones.table import NETWORKS
from echoshift.classifiers.backbones.torch_weights import read_torch_weights
from echoshift.classifiers.digest import model_digest
from echoshift.classifiers.predictors.openvino import Predictor
from echoshift.classifiers.tensorflow_setup import load_keras
from echoshift.classifiers.training.export import save_engine
from echoshift.classifiers.training.settings import TrainingSettings
from echoshift.classifiers.training.transfer_learning import TrainingSet, train
from echoshift.errors import EchoShiftError

PALACE = 698  # class of ImageNet


def pretrained(name, size):
    """The network of three scaled channels alone, without preprocessing."""
    keras = load_keras()
    image = keras.Input((size, size, 3))
    network = keras.Model(image, efficientnet_lite(name, image))
    load_lite_weights(network, name)
    return network


def grey(seed, size, n=2):
    return np.random.default_rng(seed).uniform(0, 255, (n, size, size, 1)).astype(np.float32)


@pytest.mark.parametrize(("name", "size"), [("efficientnet_lite0", 224), ("efficientnet_lite2", 260)])
def test_the_pretrained_network_knows_a_palace(name, size):
    from sklearn.datasets import load_sample_image

    photo = load_sample_image("china.jpg")
    side = photo.shape[0]
    left = (photo.shape[1] - side) // 2
    photo = cv2.resize(photo[:, left : left + side].astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
    last = read_torch_weights(weights_file(name), VARIANTS[name].sha256)
    features = pretrained(name, size)((photo[None] - 127) / 128, training=False).numpy()
    logits = features @ last["_fc.weight"].T + last["_fc.bias"]
    assert logits.argmax() == PALACE


def test_preprocessing_and_three_equal_channels_are_inside():
    pixels = grey(0, 64)
    expected = pretrained("efficientnet_lite0", 64)(np.repeat((pixels - 127) / 128, 3, axis=-1), training=False).numpy()
    model = build_backbone("efficientnet_lite0", 64)
    assert model.input_shape == (None, 64, 64, 1)
    np.testing.assert_allclose(model(pixels, training=False).numpy(), expected, atol=2e-5)
    assert not any(layer.name.startswith("_") for layer in model.layers)


def test_the_last_blocks_are_unfrozen_without_batch_normalisation():
    keras = load_keras()
    model = build_backbone("efficientnet_lite0", 64)
    unfreeze_last_blocks(model, "efficientnet_lite0", 2)
    trainable = [layer.name for layer in model.layers if layer.trainable_weights]
    assert trainable == ["block15_expand_conv", "block15_depthwise_conv", "block15_project_conv", "head_conv"]
    for whole in (NETWORKS["efficientnet_lite0"].blocks, "all"):
        unfreeze_last_blocks(model, "efficientnet_lite0", 1)
        unfreeze_last_blocks(model, "efficientnet_lite0", whole)
        frozen = {type(layer) for layer in model.layers if layer.weights and not layer.trainable_weights}
        assert frozen == {keras.layers.BatchNormalization}


def test_a_block_of_another_network_is_a_layer_with_weights_and_layers_within_layers_count(tmp_path):
    keras = load_keras()
    layers = keras.layers
    image = keras.Input((8, 8, 3))
    pair = keras.Sequential([layers.Conv2D(4, 3, name="c"), layers.BatchNormalization(name="d")], name="pair")
    stem = layers.Normalization(mean=0.0, variance=1.0)(image)
    x = pair(layers.ReLU()(layers.BatchNormalization(name="b")(layers.Conv2D(4, 3, name="a")(stem))))
    model = keras.Model(image, layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="e")(x)))

    def trainable(n_blocks):
        unfreeze_last_blocks(model, "convnext_tiny", n_blocks)
        return sorted({weight.path.split("/")[-2] for weight in model.trainable_weights})

    assert trainable(1) == ["e"] and trainable(2) == ["c", "e"] and trainable(3) == ["a", "c", "e"]
    assert trainable(1) == ["e"] and trainable("all") == ["a", "c", "e"]
    with pytest.raises(EchoShiftError, match="trained_blocks: found 4, expected `all` or at most 3 for convnext_tiny"):
        trainable(4)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"weights": "random"}, "not random"),
        ({"backbone": "inception_resnet_v2", "weights": "random"}, "not random"),
        ({"backbone": "inception_resnet_v2"}, "imagenet"),
        ({"weights": "file.h5"}, "weights of its package"),
        ({"backbone": "inception_resnet_v2", "weights": "imagenet", "input_size": 74}, "at least 75"),
        ({"trained_blocks": 24}, "at most 23 for efficientnet_lite2"),
        ({"trained_blocks": "most"}, "'all'"),
        ({"trained_blocks": -1}, "greater than or equal to 0"),
        ({"backbone": "resnet50"}, "`imagenet` or the path of a local .h5 file for resnet50"),
        ({"backbone": "resnet_50"}, "is it resnet50"),
        ({"backbone": 5}, "such as efficientnet_lite2"),
        ({"backbone": "xception", "weights": "imagenet", "input_size": 70}, "at least 71"),
        ({"learning_rates": 0.1}, "learning_rates"),
        ({"learning_rate": 0}, "greater than 0"),
        ({"validation_fraction": 0.9}, "0.5"),
    ],
)
def test_impossible_settings_are_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        TrainingSettings(**fields)


def test_every_backbone_of_the_settings_exists():
    assert set(TrainingSettings.model_json_schema()["properties"]["backbone"]["enum"]) == set(BACKBONES)


@pytest.mark.parametrize("name", [name for name, network in NETWORKS.items() if network.blocks])
def test_the_settings_know_how_many_blocks_there_are(name, request):
    if name == "inception_resnet_v2":
        _, model = request.getfixturevalue("random_inception_weights_without_top")
    else:
        model = build_backbone(name, 64)
    assert sum(BACKBONES[name].is_block_end(layer) for layer in model.layers) == NETWORKS[name].blocks


def test_inception_reads_keras_layout_with_the_top(
    random_inception_weights_without_top, random_inception_weights_with_top
):
    _, reference = random_inception_weights_without_top
    pixels = grey(1, 75)
    expected = reference(np.repeat(pixels / 127.5 - 1, 3, axis=-1), training=False).numpy()
    model = build_backbone("inception_resnet_v2", 75, str(random_inception_weights_with_top))
    np.testing.assert_allclose(model(pixels, training=False).numpy(), expected, atol=1e-5)


@pytest.mark.thorough
def test_inception_trains_two_steps_and_predicts(random_inception_weights_without_top, tmp_path, unoptimised_graphs):
    path, reference = random_inception_weights_without_top
    settings = TrainingSettings(
        backbone="inception_resnet_v2",
        weights=str(path),
        input_size=75,
        trained_blocks=1,
        epochs=1,
        fine_tuning_epochs=2,
        batch_size=4,
    )
    images = np.random.default_rng(2).integers(0, 256, (8, 75, 75), dtype=np.uint8)
    inputs = images[..., None].astype(np.float32)
    features = reference(np.repeat(inputs / 127.5 - 1, 3, axis=-1), training=False).numpy()
    trained = train(
        TrainingSet(np.array([0, 1] * 4), np.array([False] * 4 + [True] * 4), features, lambda: inputs), settings
    )
    assert [row["phase"] for row in trained.history] == ["last_layer", "blocks", "blocks"]  # one step of 4 images each
    save_engine(trained.model, tmp_path / "engine.xml", model_digest(trained.model))
    expected = trained.model(inputs[:2], training=False).numpy().ravel()
    np.testing.assert_allclose(Predictor(tmp_path / "engine.xml").scores(images[:2])[:, 1], expected, atol=1e-3)


def test_imagenet_without_a_network_says_what_to_do(monkeypatch, tmp_path, capfd):
    keras = load_keras()

    def refuse(*_, **__):
        raise Exception("URL fetch failure on https://example.invalid: None -- [Errno -3] no network")

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", refuse)
    assert keras.config.is_interactive_logging_enabled() is False
    with pytest.raises(
        EchoShiftError, match=r"weights: found 'imagenet'.*URL fetch failure.*path/to/file\.h5"
    ) as caught:
        build_backbone("inception_resnet_v2", 75, "imagenet")
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no file"), (b"no HDF5", "not a readable HDF5"), ("empty", "not InceptionResNetV2 weights")],
)
def test_other_weights_files_are_refused(tmp_path, content, message):
    import h5py

    path = tmp_path / "weights.h5"
    if content == "empty":
        h5py.File(path, "w").close()
    elif content:
        path.write_bytes(content)
    with pytest.raises(EchoShiftError, match=message) as caught:
        build_backbone("inception_resnet_v2", 75, str(path))
    assert "\n" not in str(caught.value)
