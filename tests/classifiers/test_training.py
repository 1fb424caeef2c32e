"""Training: separate patients, weighted classes, the same network for the same seed."""

import dataclasses

import numpy as np
import pytest
from scipy.special import log_softmax

from echoshift.classifiers.digest import model_digest
from echoshift.classifiers.training.splits import validation_part
from echoshift.classifiers.training.transfer_learning import class_weights, standardisation, train
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.resize import to_network_input


def patients_of(n=60, per_patient=3):
    """Patients with several items each: a third are healthy, and a quarter of these have frames."""
    patients = [f"P{index // per_patient:02}" for index in range(n * per_patient)]
    labels = [int(index // per_patient % 3 > 0) for index in range(n * per_patient)]
    kinds = ["frame" if index // per_patient % 4 == 0 else "image" for index in range(n * per_patient)]
    return patients, labels, kinds


@pytest.mark.parametrize("seed", range(5))
def test_the_validation_part_is_patient_disjoint_and_stratified(seed):
    patients, labels, kinds = patients_of()
    aside = validation_part(patients, labels, kinds, 0.2, seed)
    names = np.array(patients)
    assert not set(names[aside]) & set(names[~aside])
    strata = np.array([f"{label}{kind}" for label, kind in zip(labels, kinds, strict=True)])
    for stratum in set(strata):
        assert aside[strata == stratum].mean() == pytest.approx(0.2, abs=0.04)


def test_the_validation_part_depends_on_the_seed_and_not_on_the_order():
    patients, labels, kinds = patients_of()
    aside = validation_part(patients, labels, kinds, 0.2, 1)
    order = np.random.default_rng(0).permutation(len(patients))
    mixed = validation_part(*(np.array(column)[order].tolist() for column in (patients, labels, kinds)), 0.2, 1)
    np.testing.assert_array_equal(mixed, aside[order])
    assert (validation_part(patients, labels, kinds, 0.2, 2) != aside).any()


@pytest.mark.parametrize("labels", [[1, 1, 1, 1], [0, 1, 1, 1]])
def test_a_part_without_both_classes_is_refused(labels):
    with pytest.raises(EchoShiftError, match="patients of every class"):
        validation_part(list("ABCD"), labels, ["image"] * 4, 0.25, 1)


def test_three_classes_train_a_softmax(cohort, training_set, settings, tmp_path):
    """Grain of three widths. The exported engine gives the scores of the Keras model."""
    from echoshift.classifiers.predictors.openvino import Predictor
    from echoshift.classifiers.training.export import save_engine

    labels = np.array([index % 3 for index in range(40)])
    values = training_set.features.copy()
    for label in range(3):  # something to learn
        values[labels == label, 100 * label : 100 * label + 100] += 2 * values.std()
    aside = validation_part(cohort.patient_id, labels, cohort.kind, 0.3, 1)
    data = dataclasses.replace(training_set, labels=labels, validation=aside, features=values)
    trained = train(data, settings.model_copy(update={"epochs": 30}))
    scores = values[aside]
    for name in ("standardise", "logit"):
        scores = trained.model.get_layer(name)(scores).numpy()
    assert scores.shape[1] == 3 and (scores.argmax(axis=1) == labels[aside]).mean() > 0.8
    losses = -log_softmax(scores.astype(float), axis=1)[np.arange(aside.sum()), labels[aside]]
    best = min(row["validation_loss"] for row in trained.history)
    assert (losses * class_weights(labels[aside])).mean() == pytest.approx(best, rel=1e-3)
    save_engine(trained.model, tmp_path / "engine.xml", "digest")
    images = np.stack(cohort.images[:4])
    found = Predictor(tmp_path / "engine.xml").scores(images)
    inputs = np.stack([to_network_input(image, settings.input_size) for image in images])[..., None]
    np.testing.assert_allclose(found, trained.model(inputs, training=False).numpy(), atol=1e-3)
    assert np.array_equal(Predictor(tmp_path / "engine.xml").scores(images[2:3])[0], found[2])


def test_all_classes_weigh_the_same():
    weights = class_weights(labels := np.array([0] * 5 + [1] * 20 + [2] * 35))
    assert [weights[labels == label].sum() for label in range(3)] == pytest.approx([20] * 3)
    assert weights.mean() == pytest.approx(1)


def test_both_classes_weigh_the_same():
    labels = np.array([1] * 30 + [0] * 10)
    weights = class_weights(labels)
    assert weights[labels == 1].sum() == pytest.approx(weights[labels == 0].sum())
    assert weights.mean() == pytest.approx(1)


def test_features_are_standardised_and_a_constant_one_is_not_blown_up():
    values = np.random.default_rng(0).normal(5, [2, 1, 0], (500, 3)).astype(np.float32)
    scale, offset = standardisation(values)
    standard = values * scale + offset
    np.testing.assert_allclose(standard.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(standard[:, :2].std(axis=0), 1, atol=1e-5)
    assert scale[2] < 10


def test_it_learns_and_keeps_the_best_epoch(trained, training_set, settings):
    losses = [row["validation_loss"] for row in trained.history]
    assert trained.kept["last_layer"]["validation_loss"] == min(losses) < losses[0]
    inputs = training_set.load_images()[training_set.validation]
    logits = trained.model(inputs, training=False).numpy().ravel()
    labels = training_set.labels[training_set.validation]
    loss = np.logaddexp(0, np.where(labels == 1, -logits, logits)) * class_weights(labels)
    assert loss.mean() == pytest.approx(min(losses), rel=1e-3)  # the model is that of the best epoch
    assert ((logits >= 0) == labels).mean() >= 0.8


def test_the_same_seed_gives_the_same_network(trained, training_set, settings):
    digest = model_digest(trained.model)
    assert model_digest(train(training_set, settings).model) == digest
    assert model_digest(train(training_set, settings.model_copy(update={"seed": 2})).model) != digest


def test_the_digest_sees_one_weight_and_the_preprocessing(trained):
    import keras

    model = keras.models.clone_model(trained.model)
    model.set_weights(trained.model.get_weights())
    digest = model_digest(trained.model)
    assert model_digest(model) == digest
    kernel, bias = model.get_layer("logit").get_weights()
    model.get_layer("logit").set_weights([kernel, np.nextafter(bias, np.float32(9))])
    assert model_digest(model) != digest
    model.get_layer("logit").set_weights([kernel, bias])
    model.get_layer("preprocessing").offset = -0.5
    assert model_digest(model) != digest


def small_network(rate=0.2, seed=1, weight=0.5, initializer="zeros", penalty=None):
    import keras

    image = keras.Input((4,))
    dropped = keras.layers.Dropout(rate, seed=seed)(image) if rate else image
    logit = keras.layers.Dense(1, kernel_initializer=initializer, kernel_regularizer=penalty)
    model = keras.Model(image, logit(dropped))
    logit.set_weights([np.full((4, 1), weight, np.float32), np.zeros(1, np.float32)])
    return model


@pytest.mark.parametrize(
    "change", [{"rate": 0.5}, {"rate": 0}, {"seed": 2}, {"initializer": "he_normal"}, {"penalty": "l2"}]
)
def test_the_digest_does_not_see_how_the_weights_came_about(change):
    digest = model_digest(small_network())
    assert model_digest(small_network(**change)) == digest
    assert model_digest(small_network(**change, weight=0.25)) != digest


def test_fine_tuning_moves_the_last_block_alone(trained, training_set, settings):
    update = {"trained_blocks": 1, "epochs": 1, "fine_tuning_epochs": 3, "fine_tuning_rate": 0.01}
    tuned = train(training_set, settings.model_copy(update=update))
    assert [row["phase"] for row in tuned.history] == ["last_layer"] + ["blocks"] * 3
    assert tuned.kept["blocks"]["epoch"] > 0
    assert tuned.kept["blocks"]["validation_loss"] < tuned.kept["last_layer"]["validation_loss"]
    before = {layer.name: layer.get_weights() for layer in trained.model.layers}
    moved = [
        layer.name
        for layer in tuned.model.layers
        if any((new != old).any() for new, old in zip(layer.get_weights(), before[layer.name], strict=True))
    ]
    assert moved == ["head_conv", "logit"]


def test_fine_tuning_that_does_not_help_is_dropped(trained, training_set, settings):
    update = {"trained_blocks": 1, "fine_tuning_epochs": 1, "fine_tuning_rate": 5.0}
    spoilt = train(training_set, settings.model_copy(update=update))
    assert spoilt.kept["blocks"]["epoch"] == 0
    assert model_digest(spoilt.model) == model_digest(trained.model)
