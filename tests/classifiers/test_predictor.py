"""The engine gives the same answers as Keras, independent of the batch, without TensorFlow."""

import re
import sys

import numpy as np
import pytest

from classifiers.conftest import run_python
from echoshift.classifiers.digest import model_digest
from echoshift.classifiers.predictors import open_predictor
from echoshift.classifiers.predictors.openvino import Predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.predictors.tensorflow import KerasPredictor
from echoshift.classifiers.training.export import save_engine, save_keras
from echoshift.errors import EchoShiftError


def test_engine_and_keras_agree(borderline):
    engine = Predictor(borderline.folder / "engine.xml")
    keras = KerasPredictor(borderline.folder / "model.keras")
    scores, others = engine.scores(borderline.images), keras.scores(borderline.images)
    assert scores.shape == others.shape == (len(borderline.images), 2)
    assert not scores[:, 0].any() and not others[:, 0].any()
    logits, expected = scores[:, 1], others[:, 1]
    assert logits.dtype == expected.dtype == np.float64
    assert len(logits) >= 100
    assert (np.abs(expected) < 1).sum() >= 20
    assert (expected >= 0).any() and (expected < 0).any()
    assert np.abs(logits - expected).max() < 1e-3
    assert engine.digest == keras.digest == model_digest(borderline.model)


def test_an_answer_does_not_depend_on_its_company(borderline):
    engine = Predictor(borderline.folder / "engine.xml")
    images = borderline.images[:9]
    together = engine.scores(images)
    assert engine.scores(images[::-1])[::-1].tobytes() == together.tobytes()
    assert np.concatenate([engine.scores(images[i : i + 1]) for i in range(9)]).tobytes() == together.tobytes()
    assert Predictor(borderline.folder / "engine.xml").scores(images).tobytes() == together.tobytes()
    assert engine.scores(images[:0]).shape == (0, 2)


def test_a_device_that_fails_is_one_clear_line(borderline):
    import tensorflow as tf

    keras = KerasPredictor(borderline.folder / "model.keras")

    def fail(batch):
        raise tf.errors.ResourceExhaustedError(None, None, "out of\nmemory")

    keras._run = fail
    with pytest.raises(EchoShiftError, match=r"^CPU: tensorflow gave no answer \(out of memory.*\)$"):
        keras.scores(borderline.images[:1])


def test_it_says_what_decides_the_last_bits(borderline):
    engine = Predictor(borderline.folder / "engine.xml").describe()
    assert engine["precision"] == "f32" and engine["threads"] == 1 and engine["batch_shape"] == [1, 64, 64, 1]
    assert set(engine) == set(KerasPredictor(borderline.folder / "model.keras").describe())


def test_the_same_model_gives_the_same_files(borderline, tmp_path):
    save_keras(borderline.model, tmp_path / "model.keras")
    save_engine(borderline.model, tmp_path / "engine.xml", model_digest(borderline.model))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["engine.bin", "engine.xml", "model.keras"]
    for name in ("engine.bin", "engine.xml", "model.keras"):
        assert (tmp_path / name).read_bytes() == (borderline.folder / name).read_bytes(), name


def test_an_attack_job_loads_neither_tensorflow_nor_telemetry(borderline, tmp_path):
    code = f"""
import sys
import numpy as np
from echoshift.classifiers.predictors.openvino import Predictor
logit = Predictor({str(borderline.folder / "engine.xml")!r}).scores(np.zeros((1, 90, 100), np.uint8))
heavy = {{"tensorflow", "keras", "sklearn", "pandas", "matplotlib", "xarray", "h5py", "openvino_telemetry"}}
print(sorted(name for name in heavy if sys.modules.get(name)))
"""
    environment = {"HOME": str(tmp_path), "PYTHONPATH": ":".join(path for path in sys.path if path)}
    done = run_python(code, environment=environment)
    assert (done.stdout, done.stderr) == ("[]\n", "")
    assert not list(tmp_path.iterdir())  # nothing is left in the home folder


def test_what_is_no_model_is_refused_in_one_line(borderline, tmp_path):
    xml = (borderline.folder / "engine.xml").read_text()
    data = (borderline.folder / "engine.bin").read_bytes()
    cases = [
        (None, None, "file not found"),
        (xml, None, "engine.bin: file not found"),
        ("no xml", data, "found no XML"),
        ('<?xml version="1.0"?><net', data, "not a readable OpenVINO engine"),
        (re.sub("<echoshift>.*</echoshift>", "", xml, flags=re.DOTALL), data, "no model digest"),
    ]
    for text, content, message in cases:
        if text:
            (tmp_path / "engine.xml").write_text(text)
        if content:
            (tmp_path / "engine.bin").write_bytes(content)
        with pytest.raises(EchoShiftError, match=message) as caught:
            open_predictor(PredictorSettings(), tmp_path)
        assert "\n" not in str(caught.value)
    keras = PredictorSettings(engine="tensorflow", device="cpu")
    with pytest.raises(EchoShiftError, match="file not found"):
        open_predictor(keras, tmp_path)
    (tmp_path / "model.keras").write_bytes(b"no zip")
    with pytest.raises(EchoShiftError, match="not a readable Keras model"):
        open_predictor(keras, tmp_path)
