"""Given classifiers of every kind, judged, attacked and summarised in a study, without any training."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from study_project import Project, tiny_config, tiny_sheet

from echoshift.classifiers.predictors.settings import ENGINES
from echoshift.classifiers.tensorflow_setup import load_keras
from echoshift.reconstruction.cache import read_reconstruction
from given_models import keras_model, onnx_model
from model_server import model_server

FRAMES = 6
SKLEARN = """
import numpy as np
from sklearn.linear_model import LogisticRegression

means = np.linspace(0, 120, 50)[:, None]
model = LogisticRegression().fit(means, means[:, 0] > 45)

def probability(pictures):
    return model.predict_proba(pictures.mean(axis=(1, 2))[:, None])
"""


@pytest.fixture(scope="module")
def served():
    with model_server() as state:
        yield state


@pytest.fixture(scope="module")
def given(tmp_path_factory, programs, served):
    """A study of six given classifiers after its first run."""
    project = Project(tmp_path_factory.mktemp("given"), programs=programs)
    folder = project.folder
    load_keras()
    import tensorflow as tf

    model = keras_model(1)
    model.save(folder / "mine.keras")
    model.export(folder / "saved", verbose=False)
    lite = tf.lite.TFLiteConverter.from_saved_model(str(folder / "saved")).convert()
    (folder / "mine.tflite").write_bytes(lite)
    onnx_model(folder / "mine.onnx", 2, "nchw", softmax=True)
    (folder / "by_sklearn.py").write_text(SKLEARN)
    one = {"gives": "logits", "positive": "fatty"}
    two = {"gives": "probabilities", "classes": ["healthy", "fatty"]}
    asked = {"numbers": "imagenet"}
    small = {"numbers": "0..1", "size": [8, 8], "channels": 1, "layout": "nhwc"}
    entries = {
        "keras": {"model": "mine.keras", "input": asked, "output": one},
        "saved": {"model": "saved", "input": asked, "output": one},
        "lite": {"model": "mine.tflite", "input": asked, "output": one},
        "onnx": {"model": "mine.onnx", "input": asked, "output": two},
        "sklearn": {"function": "by_sklearn:probability", "output": two},
        "served": {"server": {"url": served.url, "timeout": 20}, "input": small, "output": one},
    }
    config = tiny_config() | {"classifiers": {name: {"kind": "given", **entry} for name, entry in entries.items()}}
    config |= {"attacks": {"control": config["attacks"]["control"]}, "frames_per_job": 10}
    del config["cohorts"]["images"]
    project.write(config, tiny_sheet("frame", FRAMES), tiny_sheet("image", 1))
    project.first_run = project.run()
    return project


def test_nothing_is_trained(given):
    assert given.first_run["adopt"] == 6
    assert not {"train", "features", "list_training", "simulate_image"} & set(given.first_run)


def test_each_is_judged_attacked_and_summarised(given):
    summary = json.loads((given.results / "summary/summary.json").read_text())
    assert {one["classifier"] for one in summary} == {"keras", "saved", "lite", "onnx", "sklearn", "served"}
    for one in summary:
        assert one["protocol"] == "given" and one["n_frames"] == FRAMES
        attacked = [row for row in given.rows("summary/frames.csv") if row["classifier"] == one["classifier"]]
        assert sum(row["outcome"] != "not_attacked" for row in attacked) == one["n_correct"]
        assert sum(int(row["queries"]) > 1 for row in attacked) == one["n_correct"]
    assert sum(one["n_correct"] for one in summary) > 6


def test_the_numbers_are_those_of_the_model_itself(given):
    """By scikit-learn and by arithmetic, without the package's predictors."""
    images = {path.name: read_reconstruction(path).image for path in (given.results / "reconstructions").glob("F?")}
    space = {}
    exec(SKLEARN, space)
    for row in given.rows("classifiers/sklearn/predictions.csv"):
        expected = space["probability"](images[row["frame_id"]][None])[0, 1]
        assert float(row["probability"]) == pytest.approx(expected, abs=1e-9)
    for row in given.rows("classifiers/served/predictions.csv"):
        pixels = images[row["frame_id"]].reshape(8, 12, 8, 12).mean(axis=(1, 3)) / 255
        assert float(row["logit"]) == pytest.approx(10 * (pixels.mean() - 0.35), abs=1e-3)
    of_keras, of_lite = (
        np.array([float(row["logit"]) for row in given.rows(f"classifiers/{name}/predictions.csv")])
        for name in ("keras", "lite")
    )
    assert np.abs(of_keras - of_lite).max() < 1e-3 and of_keras.std() > 0.1


def test_the_summary_says_what_confirmed_the_flips(given):
    confirmed = {
        path.parent.name: json.loads(path.read_text()) for path in given.results.glob("classifiers/*/confirmed.json")
    }
    ends = [flip["final"] for content in confirmed.values() for flip in content["flips"] if flip["attack"] == "control"]
    assert len(ends) > 2 and all(end["confirmed"] for end in ends if end)
    assert {name: content["engine"] for name, content in confirmed.items()} == {
        "keras": "tensorflow", "saved": "saved_model", "lite": "tflite", "onnx": "onnxruntime", "sklearn": "function",
        "served": "server",
    }  # fmt: skip


def test_an_edited_function_is_adopted_again_and_nothing_else(given, tmp_path_factory):
    project = given.copy(tmp_path_factory.mktemp("copy"))
    path = project.folder / "by_sklearn.py"
    path.write_text(path.read_text().replace("> 45", "> 60"))
    executed = project.run("attacks", "summarise")
    assert executed["adopt"] == executed["evaluate"] == executed["attack"] == 1
    assert {wildcards["classifier"] for rule, wildcards in project.executed if rule == "adopt"} == {"sklearn"}


def test_another_file_or_another_reading_of_it_is_adopted_again_and_nothing_else(given, tmp_path_factory):
    project = given.copy(tmp_path_factory.mktemp("copy"))
    onnx_model(project.folder / "mine.onnx", 2, "nchw", softmax=False)

    def read_otherwise(config):
        config["classifiers"]["onnx"]["output"] = {"gives": "logits", "classes": ["healthy", "fatty"]}
        config["classifiers"]["lite"]["input"] = {"numbers": "0..1"}

    project.edit_config(read_otherwise)
    project.run("attacks", "summarise")
    for due in ("adopt", "evaluate"):
        found = {wildcards["classifier"] for rule, wildcards in project.executed if rule == due}
        assert found == {"onnx", "lite"}
    digests = [
        (folder.results / f"classifiers/{name}/folds/all/digest.txt").read_text()
        for folder in (given, project)
        for name in ("onnx", "lite")
    ]
    assert len(set(digests)) == 4


def test_patients_that_the_model_knows_are_left_out_of_the_rates(given, tmp_path_factory):
    project = given.copy(tmp_path_factory.mktemp("copy"))
    (project.folder / "known.txt").write_text("# of the hospital\nPframe1\nPframe3\nsomebody else\n")
    project.edit_config(lambda config: config["classifiers"]["sklearn"].update(trained_on="known.txt"))
    executed = project.run("attacks", "summarise")
    assert not executed["adopt"] and executed["evaluate"] == 1
    (record,) = [
        one
        for one in json.loads((project.results / "summary/summary.json").read_text())
        if one["classifier"] == "sklearn"
    ]
    assert (record["n_frames"], record["n_known"]) == (FRAMES - 2, 2)
    table = {row["frame_id"]: row for row in project.rows("summary/frames.csv") if row["classifier"] == "sklearn"}
    assert [table[name]["outcome"] for name in ("F1", "F3")] == ["known_patient"] * 2
    assert table["F1"]["initial_logit"]
    predictions = [row for row in project.rows("classifiers/sklearn/predictions.csv") if row["known"] == "0"]
    assert record["accuracy"] == np.mean([row["correct"] == "true" for row in predictions])
    headline = subprocess.run(
        [sys.executable, "-m", "echoshift", "headline", "--summary", "results/summary"],
        cwd=project.folder, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert f"of {FRAMES - 2} frames correct, 2 of known patients left out." in headline
    assert f"EchoShift, seed 1: {FRAMES} simulated RF frames" in headline
    records = json.loads((project.results / "summary/summary.json").read_text())
    engines = {record["confirmed_by"] for record in records if record["n_confirmed"]}
    assert len(engines) > 1 and all(ENGINES[engine].words in headline for engine in engines)
    assert "sklearn, a given model: AUC" in headline
    assert "onnx, a given model, which may have known these patients: AUC" in headline


def test_a_server_that_changes_its_model_halfway_costs_its_own_attacks_alone(given, served, tmp_path_factory):
    project = given.copy(tmp_path_factory.mktemp("copy"))
    attacked = project.results / "attacks"
    before = {path: path.read_bytes() for path in attacked.rglob("record.json")}
    for path in (attacked / "served").rglob("*.json"):
        path.unlink()
        before.pop(path, None)
    try:
        served.shift = 1.0
        project.run(succeed=False)
    finally:
        served.shift = 0.0
    assert project.process.returncode and "the model has changed; repair: rm " in project.output
    assert {path: path.read_bytes() for path in attacked.rglob("record.json")} == before


def test_only_the_engine_is_needed_by_an_attack(given):
    records = [json.loads(path.read_text()) for path in Path(given.results, "attacks/onnx").rglob("record.json")]
    assert records and all(record["predictor"]["engine"] == "openvino" for record in records)
    assert not any("tensorflow" in record["packages"] for record in records)
