"""The table of networks against `keras.applications`: names, preprocessing, smallest sizes, files and their sums."""

import fnmatch
import importlib
import inspect
import subprocess
import sys

import numpy as np
import pytest

from echoshift.classifiers.backbones.networks import build_backbone
from echoshift.classifiers.backbones.table import NETWORKS
from echoshift.classifiers.tensorflow_setup import load_keras

OF_KERAS = {name: network for name, network in NETWORKS.items() if network.keras}


def module_of(name):
    """Module of `keras.applications` in which a network is defined."""
    keras = load_keras()
    return importlib.import_module(getattr(keras.applications, NETWORKS[name].keras).__module__)


def module_of_weights(name):
    """Module that asks for a network's file of weights."""
    return importlib.import_module("keras.src.applications.resnet") if name.startswith("resnet") else module_of(name)


def test_every_network_of_keras_is_in_the_table_once():
    keras = load_keras()
    names = [name for name in dir(keras.applications) if inspect.isfunction(getattr(keras.applications, name))]
    assert sorted(names) == sorted(network.keras for network in OF_KERAS.values())
    assert len(names) > 30


@pytest.mark.parametrize("name", OF_KERAS)
def test_preprocessing_is_that_of_keras(name):
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 5, 5, 3)).astype(np.float32)
    expected = module_of(name).preprocess_input(pixels.copy())
    one = NETWORKS[name].preprocessing
    found = pixels
    if one:
        found = ((pixels[..., ::-1] if one.bgr else pixels) - np.array(one.centre)) / np.array(one.scale)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("name", [name for name in OF_KERAS if not name.startswith("mobilenet_v3")])
def test_the_smallest_size_is_that_of_keras(name, monkeypatch):
    """Asked of the function by which Keras checks a size, without building the network."""

    class Asked(Exception):
        pass

    def check(input_shape, *, min_size, **_):
        raise Asked(input_shape, min_size)

    keras = load_keras()
    monkeypatch.setattr(module_of(name).imagenet_utils, "obtain_input_shape", check)
    with pytest.raises(Asked) as asked:
        getattr(keras.applications, NETWORKS[name].keras)(weights=None, include_top=False, input_shape=(64, 64, 3))
    assert asked.value.args == ((64, 64, 3), NETWORKS[name].smallest)


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "mobilenet_v3_large", "vgg16", "inception_resnet_v2"])
def test_the_smallest_size_works_and_one_below_is_refused(name):
    network = NETWORKS[name]
    build = getattr(load_keras().applications, network.keras)
    for size in (network.smallest, network.smallest - 1):
        options = {"weights": None, "include_top": False, "pooling": "avg", "input_shape": (size, size, 3)}
        if size == network.smallest:
            assert build(**options).output_shape[1] > 100
        else:
            with pytest.raises(ValueError, match="must be at least"):
                build(**options)


@pytest.mark.parametrize("name", OF_KERAS)
def test_files_and_sums_are_in_the_source_of_keras(name):
    source, network = inspect.getsource(module_of_weights(name)), NETWORKS[name]
    assert (network.digest is None) == (name in ("mobilenet", "mobilenet_v2")) == ("file_hash" not in source)
    if network.digest:
        assert network.digest.partition(":")[2] in source
    assert network.file.endswith(("notop.h5", "no_top.h5", "no_top_v2.h5"))


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "mobilenet", "vgg16", "efficientnet_b0", "convnext_tiny"])
def test_keras_asks_for_the_file_and_the_sum_of_the_table(name, monkeypatch):
    asked = {}

    def get_file(file, *_, file_hash=None, **__):
        asked.update(file=file, sum=file_hash)
        raise Exception("asked enough")

    monkeypatch.setattr(module_of(name).file_utils, "get_file", get_file)
    build = getattr(load_keras().applications, NETWORKS[name].keras)
    with pytest.raises(Exception, match="asked enough"):
        build(weights="imagenet", include_top=False, input_shape=(96, 96, 3))
    assert fnmatch.fnmatch(asked["file"], NETWORKS[name].file)
    assert asked["sum"] == (NETWORKS[name].digest or ":").partition(":")[2] or asked["sum"] is None


def test_sums_belong_to_their_networks():
    """Families keep their sums in tables by name, or in the branch of one network."""
    tables = {
        "resnet": lambda name: name.replace("_", ""),
        "efficientnet_b": lambda name: name.removeprefix("efficientnet_"),
        "efficientnet_v2": lambda name: name.removeprefix("efficientnet_v2_").join(["-" * (name[-1] in "sml"), ""]),
        "convnext": lambda name: name,
        "mobilenet_v3": lambda name: f"{name.removeprefix('mobilenet_v3_')}_224_1.0_float",
    }
    checked = 0
    for family, key in tables.items():
        for name in (one for one in OF_KERAS if one.startswith(family)):
            assert module_of_weights(name).WEIGHTS_HASHES[key(name)][1] == NETWORKS[name].digest.partition(":")[2]
            checked += 1
    assert checked == 28


@pytest.mark.parametrize("name", ["densenet121", "resnet50", "mobilenet_v3_small"])
def test_preprocessing_is_part_of_the_network(name, tmp_path):
    """One of each sort: a mean and deviation for each channel, blue first, and included."""
    keras = load_keras()
    keras.utils.set_random_seed(0)
    body = getattr(keras.applications, NETWORKS[name].keras)(
        weights=None, include_top=False, pooling="avg", input_shape=(32, 32, 3)
    )
    path = tmp_path / "RANDOM.weights.h5"
    body.save_weights(path)
    pixels = np.random.default_rng(1).uniform(0, 255, (2, 32, 32, 1)).astype(np.float32)
    expected = body(module_of(name).preprocess_input(np.repeat(pixels, 3, axis=-1)), training=False).numpy()
    found = build_backbone(name, 32, str(path))(pixels, training=False).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_the_table_is_plain_data():
    code = (
        "import sys, echoshift.classifiers.training.settings;"
        "print([one for one in ('numpy', 'tensorflow', 'keras') if one in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
