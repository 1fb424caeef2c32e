"""A small cohort of textures with a class signal, and a classifier trained on it, shared by the tests."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from echoshift.classifiers.backbones.features import compute_features
from echoshift.classifiers.digest import model_digest
from echoshift.classifiers.predictors.tensorflow import KerasPredictor
from echoshift.classifiers.tensorflow_setup import load_keras
from echoshift.classifiers.training.export import save_engine, save_keras
from echoshift.classifiers.training.settings import TrainingSettings
from echoshift.classifiers.training.splits import validation_part
from echoshift.classifiers.training.transfer_learning import TrainingSet, train
from echoshift.reconstruction.resize import to_network_input

SIZE = 64


def texture(width, seed, shape=(90, 100)):
    """Smooth 8-bit noise with a grain `width` pixels wide."""
    noise = gaussian_filter(np.random.default_rng(seed).standard_normal(shape), width)
    return np.clip(110 + 35 * noise / noise.std(), 0, 255).astype(np.uint8)


def run_python(code, *arguments, environment=None, check=True):
    """Run code in a process of its own."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=check)


@pytest.fixture(scope="session")
def settings():
    return TrainingSettings(backbone="efficientnet_lite0", input_size=SIZE, epochs=6, batch_size=8)


@pytest.fixture(scope="session")
def cohort():
    """40 patients, every other one with coarser grain: 30 images and 10 frames."""
    labels = [index % 2 for index in range(40)]
    widths = [1.2 + 0.5 * label * (1 + index % 3) for index, label in enumerate(labels)]
    return SimpleNamespace(
        item_id=[f"I{index:02}" for index in range(40)],
        kind=["image" if index < 30 else "frame" for index in range(40)],
        patient_id=[f"P{index:02}" for index in range(40)],
        label=labels,
        images=[texture(width, seed) for seed, width in enumerate(widths)],
    )


@pytest.fixture(scope="session")
def rows(tmp_path_factory):
    return tmp_path_factory.mktemp("rows")


@pytest.fixture(scope="session")
def features(cohort, settings, rows):
    return compute_features(zip(cohort.item_id, cohort.images, strict=True), settings, rows)[0]


@pytest.fixture(scope="session")
def training_set(cohort, features, settings):
    return TrainingSet(
        labels=np.array(cohort.label),
        validation=validation_part(
            cohort.patient_id, cohort.label, cohort.kind, settings.validation_fraction, settings.seed
        ),
        features=features.values,
        load_images=lambda: np.stack([to_network_input(image, SIZE) for image in cohort.images])[..., None],
    )


@pytest.fixture(scope="session")
def trained(training_set, settings):
    return train(training_set, settings)


@pytest.fixture(scope="session")
def borderline(trained, tmp_path_factory):
    """The classifier with its threshold moved among 160 images of every grain, as Keras file and as engine.

    Many of their logits are near 0, where a difference between engines would change the answer.
    """
    import keras

    folder = tmp_path_factory.mktemp("borderline")
    images = np.stack([texture(width, 1000 + seed) for seed, width in enumerate(np.linspace(1.2, 1.9, 160))])
    save_keras(trained.model, folder / "model.keras")
    model = keras.saving.load_model(folder / "model.keras")
    kernel, bias = model.get_layer("logit").get_weights()
    logits = KerasPredictor(folder / "model.keras").scores(images)[:, 1]
    model.get_layer("logit").set_weights([kernel, bias - np.float32(np.median(logits))])
    (folder / "model.keras").unlink()
    save_keras(model, folder / "model.keras")
    save_engine(model, folder / "engine.xml", model_digest(model))
    return SimpleNamespace(folder=folder, images=images, model=model)


@pytest.fixture
def unoptimised_graphs():
    """TensorFlow without its graph optimiser, which for a large network takes longer than two training steps."""
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    yield
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})


def write_keras_layout(path, model):
    """Write a model's weights in the HDF5 layout of Keras's published files: groups by layer, in the model's order."""
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.4.0"
        for layer in model.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{weight.name}:0" for weight in layer.weights]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, weight in zip(names, layer.get_weights(), strict=True):
                group[name] = weight


@pytest.fixture(scope="session")
def random_inception_weights_without_top(tmp_path_factory):
    """RANDOM weights of InceptionResNetV2 in Keras's layout, only to test reading."""
    keras = load_keras()
    keras.utils.set_random_seed(0)
    path = tmp_path_factory.mktemp("inception") / "random_notop.h5"
    model = keras.applications.InceptionResNetV2(
        include_top=False, weights=None, input_shape=(75, 75, 3), pooling="avg"
    )
    write_keras_layout(path, model)
    return path, model


@pytest.fixture(scope="session")
def random_inception_weights_with_top(random_inception_weights_without_top):
    """The same RANDOM weights with a last dense layer, as in Keras's file with the top."""
    keras = load_keras()
    path, body = random_inception_weights_without_top
    model = keras.Model(body.input, keras.layers.Dense(5, name="predictions")(body.output))
    path = path.with_name("random_top.h5")
    write_keras_layout(path, model)
    return path
