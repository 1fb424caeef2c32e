"""A training that is killed and resumed ends in the same network as one that is not."""

import dataclasses
import json
import math
import os
import signal
import subprocess
import sys
import time
from zipfile import BadZipFile

import cv2
import numpy as np
import pytest

from echoshift.classifiers.defences.worst_case import Settings as WorstCase
from echoshift.classifiers.digest import model_digest
from echoshift.classifiers.tensorflow_setup import load_keras
from echoshift.classifiers.training import transfer_learning
from echoshift.classifiers.training.checkpoint import Checkpoint
from echoshift.classifiers.training.model_folder import train_from_table
from echoshift.classifiers.training.settings import TrainingSettings
from echoshift.classifiers.training.transfer_learning import TrainingSet, class_weights, train
from echoshift.storage.tables import write_rows

SMALL = TrainingSettings(
    backbone="vgg16",  # replaced by `small_backbone`
    weights="none.h5",
    input_size=32,
    trained_blocks=2,
    batch_size=4,
    epochs=12,
    patience=3,
    fine_tuning_epochs=12,
    fine_tuning_rate=1e-6,
    learning_rate=0.3,
    weight_decay=0.1,
    dropout=0.4,
)


def small_backbone(*_):
    """A network with everything that has a state: weights, batch normalisation, dropout of its own."""
    keras = load_keras()
    layers = keras.layers
    image = keras.Input((32, 32, 1))
    x = layers.Rescaling(1 / 128, -1)(image)
    for n in (4, 8):
        x = layers.Conv2D(n, 3, 2, kernel_initializer=keras.initializers.GlorotUniform(n))(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Dropout(0.3)(x)
    x = layers.Conv2D(8, 3, kernel_initializer=keras.initializers.GlorotUniform(0), name="last")(x)
    return keras.Model(image, layers.GlobalAveragePooling2D()(x))


@pytest.fixture
def small_set(monkeypatch):
    """Noise with labels that a network can only learn by heart, so that early stopping has something to do."""
    monkeypatch.setattr(transfer_learning, "build_backbone", small_backbone)
    images = np.random.default_rng(0).uniform(0, 255, (22, 32, 32, 1)).astype(np.float32)
    labels = np.arange(22) % 2
    validation = np.arange(22) >= 16
    features = small_backbone()(images, training=False).numpy()
    return TrainingSet(labels, validation, features, lambda: images)


class Killed(Exception):
    """Stands for the end of the process."""


class Deadly(Checkpoint):
    """Kills the training at the end of every epoch, after writing every `nth` one."""

    nth = 1
    epochs = 0

    def epoch_ended(self, phase):
        Deadly.epochs += 1
        self.every = 0 if Deadly.epochs % self.nth == 0 else math.inf
        super().epoch_ended(phase)
        if Deadly.epochs % self.nth == 0:
            raise Killed


def trained_with_kills(data, settings, path, nth, worst_case=None):
    Deadly.nth, Deadly.epochs = nth, 0
    for kills in range(100):
        try:
            return train(data, settings, Deadly(path, lambda: "the same", 0), worst_case), kills
        except Killed:
            assert path.is_file()
    raise AssertionError("no progress")


@pytest.mark.parametrize("nth", [1, 4])
def test_killed_after_any_epoch_it_ends_in_the_same_network(small_set, tmp_path, nth):
    whole = train(small_set, SMALL)
    phases = [row["phase"] for row in whole.history]
    # Early stopping ends the first phase, the best epoch is not the last one, and the second phase improves on it.
    assert whole.kept["last_layer"]["epoch"] < phases.count("last_layer") < SMALL.epochs
    assert 0 < whole.kept["blocks"]["epoch"] < phases.count("blocks")
    trained, kills = trained_with_kills(small_set, SMALL, tmp_path / "checkpoint.npz", nth)
    assert kills == len(phases) // nth
    assert trained.history == whole.history and trained.kept == whole.kept
    assert model_digest(trained.model) == model_digest(whole.model)


def test_killed_before_the_rounds_of_worst_case_it_ends_in_the_same_network(small_set, tmp_path):
    """The rounds start from the network and its worst copies."""
    copies = small_set.features[:, None] + 0.1 * np.random.default_rng(1).standard_normal((22, 3, 8)).astype(np.float32)
    data = dataclasses.replace(small_set, features=copies)
    settings = SMALL.model_copy(update={"trained_blocks": 0, "epochs": 5, "patience": 5})
    worst_case = WorstCase(defence="worst_case", rounds=3)
    whole = train(data, settings, worst_case=worst_case)
    assert [row["phase"] for row in whole.history] == ["last_layer"] * 5 + ["worst_case"] * 3
    trained, kills = trained_with_kills(data, settings, tmp_path / "checkpoint.npz", 2, worst_case)
    assert kills == 2
    assert trained.history == whole.history and trained.kept == whole.kept
    assert model_digest(trained.model) == model_digest(whole.model)


def drawn_set(small_set):
    """The same with other pictures in each epoch, and the numbers that were asked for."""
    asked = []

    def draw_images(number):
        asked.append(number)
        return np.random.default_rng(100 + number).uniform(0, 255, (22, 32, 32, 1)).astype(np.float32)

    return dataclasses.replace(small_set, draw_images=draw_images), asked


def test_killed_while_blocks_see_drawn_copies_it_ends_in_the_same_network(small_set, tmp_path):
    data, _ = drawn_set(small_set)
    settings = SMALL.model_copy(update={"fine_tuning_rate": 1e-4, "fine_tuning_epochs": 5, "patience": 5})
    whole = train(data, settings)
    assert sum(row["phase"] == "blocks" for row in whole.history) == 5
    trained, kills = trained_with_kills(data, settings, tmp_path / "checkpoint.npz", 2)
    assert kills == len(whole.history) // 2
    assert trained.history == whole.history and trained.kept == whole.kept
    assert model_digest(trained.model) == model_digest(whole.model)


def test_each_epoch_sees_its_own_copies_and_number_0_validates(small_set, monkeypatch):
    """At a rate of almost 0 the network stays as it is, so that each epoch's loss is that of its pictures."""

    def without_dropout(*_):
        keras, network = load_keras(), small_backbone()
        return keras.Model(network.input, keras.layers.GlobalAveragePooling2D()(network.layers[7].output))

    monkeypatch.setattr(transfer_learning, "build_backbone", without_dropout)
    assert "dropout" in small_backbone().layers[8].name
    features = np.random.default_rng(2).standard_normal((22, 8)).astype(np.float32)
    data, asked = drawn_set(dataclasses.replace(small_set, features=features))
    update = {"fine_tuning_rate": 1e-30, "fine_tuning_epochs": 4, "patience": 9, "dropout": 0.0}
    trained = train(data, SMALL.model_copy(update=update))
    rows = [row for row in trained.history if row["phase"] == "blocks"]
    assert set(asked) == {0, 1, 2, 3, 4}

    def loss(number, part):
        logits = trained.model(data.draw_images(number)[part], training=False).numpy()[:, 0].astype(float)
        own = data.labels[part]
        return np.average(np.logaddexp(0, -(2 * own - 1) * logits), weights=class_weights(own))

    expected = [loss(number, ~data.validation) for number in (1, 2, 3, 4)]
    assert np.ptp(expected) > 1e-3
    assert [row["loss"] for row in rows] == pytest.approx(expected, rel=1e-4)
    assert [row["validation_loss"] for row in rows] == pytest.approx([loss(0, data.validation)] * 4, rel=1e-4)


def saved(data, path, identity="one"):
    with pytest.raises(Killed):
        Deadly.nth, Deadly.epochs = 1, 0
        train(data, SMALL, Deadly(path, lambda: identity, 0))
    return path


class Watched(Checkpoint):
    """Notes whether each phase was resumed."""

    def read(self, phase):
        self.resumed = getattr(self, "resumed", {}) | {phase.name: super().read(phase)}
        return self.resumed[phase.name]


@pytest.mark.parametrize(
    ("harm", "identity", "resumed"),
    [
        (None, "one", True),
        (None, "another", False),
        ("cut", "one", False),
        ("text", "one", False),
    ],
)
def test_a_checkpoint_of_another_training_or_a_damaged_one_is_ignored(small_set, tmp_path, harm, identity, resumed):
    path = saved(small_set, tmp_path / "checkpoint.npz")
    if harm == "cut":
        path.write_bytes(path.read_bytes()[:-500])
    elif harm == "text":
        path.write_text("no archive")
    watched = Watched(path, lambda: identity, math.inf)
    trained = train(small_set, SMALL, watched)
    assert watched.resumed == {"last_layer": resumed, "blocks": False}
    assert model_digest(trained.model) == model_digest(train(small_set, SMALL).model)


def test_a_short_training_writes_no_checkpoint(small_set, tmp_path):
    train(small_set, SMALL, Checkpoint(tmp_path / "checkpoint.npz", lambda: "", 30.0))
    assert not list(tmp_path.iterdir())


@pytest.fixture
def folder(cohort, features, tmp_path):
    """Table, pictures and features on disk."""
    rows = []
    for item, kind, patient, label, image in zip(
        cohort.item_id, cohort.kind, cohort.patient_id, cohort.label, cohort.images, strict=True
    ):
        cv2.imwrite(str(tmp_path / f"{item}.png"), image)
        path = tmp_path / f"{item}.png"
        rows.append({"item_id": item, "kind": kind, "patient_id": patient, "label": label, "path": path})
    write_rows(tmp_path / "training.csv", list(rows[0]), rows)
    features.save(tmp_path / "features.npz")
    return tmp_path


def rows_of(checkpoint, phase):
    """Finished epochs of a phase in a checkpoint."""
    try:
        with np.load(checkpoint) as file:
            return len(json.loads(str(file["about"]))["phases"].get(phase, {"rows": ()})["rows"])
    except (OSError, ValueError, KeyError, BadZipFile):
        return 0


@pytest.mark.thorough
def test_the_command_killed_in_both_phases_gives_the_same_files(folder, settings):
    update = {"epochs": 20, "patience": 20, "trained_blocks": 1, "fine_tuning_epochs": 8, "fine_tuning_rate": 0.01}
    settings = settings.model_copy(update=update)
    train_from_table(folder / "training.csv", [folder / "features.npz"], settings, folder / "whole")

    model = folder / "model"
    command = [sys.executable, "-m", "echoshift", "train", "-o", model, "--settings", settings.model_dump_json()]
    command += ["--table", folder / "training.csv", "--features", folder / "features.npz"]
    for phase in ("last_layer", "blocks"):
        process = subprocess.Popen([*command, "--checkpoint-every", "0"], stderr=subprocess.DEVNULL)
        try:
            while rows_of(model / "checkpoint.npz", phase) < 2:
                assert process.poll() is None, "finished before it could be killed"
                time.sleep(0.01)
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        assert not (model / "digest.txt").exists()
    done = rows_of(model / "checkpoint.npz", "blocks")
    assert 2 <= done < 8
    log = folder / "train.log"
    subprocess.run([*command[:3], "--log", log, *command[3:]], check=True, capture_output=True)
    assert "blocks: resumed after epoch" in log.read_text() or not log.read_text()  # silent if it takes no time
    names = sorted(path.name for path in (folder / "whole").iterdir())
    assert sorted(path.name for path in model.iterdir() if not path.name.endswith(".draft")) == names
    for name in ("digest.txt", "history.csv", "record.json"):  # others have names with a counter of the process
        assert (model / name).read_bytes() == (folder / "whole" / name).read_bytes(), name
