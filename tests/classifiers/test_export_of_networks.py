"""Networks that include their preprocessing as layers of a special kind can be saved, read back and exported."""

import numpy as np
import pytest

from echoshift.classifiers.backbones.networks import build_backbone
from echoshift.classifiers.backbones.table import NETWORKS
from echoshift.classifiers.digest import model_digest
from echoshift.classifiers.predictors.openvino import Predictor
from echoshift.classifiers.tensorflow_setup import load_keras
from echoshift.classifiers.training.export import save_engine, save_keras


@pytest.mark.parametrize("name", ["convnext_tiny", "efficientnet_b0"])
def test_a_network_that_includes_its_preprocessing_is_exported(name, tmp_path):
    keras = load_keras()
    keras.utils.set_random_seed(0)
    body = getattr(keras.applications, NETWORKS[name].keras)(
        weights=None, include_top=False, pooling="avg", input_shape=(32, 32, 3)
    )
    for layer in body.layers:
        layer.momentum = 0.0  # of batch normalisation: the statistics of the next batch, so that the answers differ
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32), dtype=np.uint8)
    body(np.repeat(images[..., None], 3, axis=-1).astype(np.float32), training=True)
    body.save_weights(tmp_path / "RANDOM.weights.h5")
    backbone = build_backbone(name, 32, str(tmp_path / "RANDOM.weights.h5"))
    model = keras.Model(backbone.input, keras.layers.Dense(1, name="logit")(backbone.output))
    expected = model(images[..., None].astype(np.float32), training=False).numpy().ravel()
    assert np.ptp(expected) > 1e-3

    save_keras(model, tmp_path / "model.keras")
    assert model_digest(keras.saving.load_model(tmp_path / "model.keras")) == model_digest(model)
    save_engine(model, tmp_path / "engine.xml", model_digest(model))
    np.testing.assert_allclose(Predictor(tmp_path / "engine.xml").scores(images)[:, 1], expected, rtol=2e-3, atol=1e-3)
