"""A study of texture classifiers, and of a network whose blocks are trained on drawn copies, from sheets to crate."""

import json
from collections import Counter

import pytest
from study_project import Project, tiny_config, tiny_sheet

from echoshift.classifiers.predictors import for_frame, open_predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.reconstruction.cache import read_reconstruction

DEFENCES = [{"defence": "augment", "copies": 2}, {"defence": "average", "versions": 2}]
TUNED = {"epochs": 2, "trained_blocks": 1, "fine_tuning_epochs": 1, "cutoff": "youden"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory, programs):
    """Eight simulated frames and four further images, after the first run."""
    project = Project(tmp_path_factory.mktemp("texture"), programs=programs)
    config = tiny_config()
    network = config["classifiers"]["once"]
    texture = {"kind": "texture", "protocol": "cross_validation", "folds": 2}
    config["classifiers"] = {
        "ratio": {**texture, "texture": {"features": ["ratio"], "folds": 2}},
        "grain": {**texture, "texture": {"size": 64, "folds": 2}},
        "tuned": {**network, "training": network["training"] | TUNED, "defences": DEFENCES},
    }
    config["attacks"] = {"some": {"method": "random_search", "max_queries": 4, "settings": {"alpha_l": {}}}}
    project.write(config, tiny_sheet("frame", 8), tiny_sheet("image", 4))
    project.first = project.run()
    return project


def record(project, *parts):
    return json.loads(project.results.joinpath(*parts).read_text())


def test_texture_classifiers_need_no_network(finished):
    assert finished.first["features"] == finished.first["list_copies"] == 2  # of the network: frames and images
    assert Counter(pair["classifier"] for rule, pair in finished.executed if rule == "train") == {
        "ratio": 2, "grain": 2, "tuned": 1,
    }  # fmt: skip
    model = record(finished, "classifiers/ratio/folds/0/record.json")
    assert (model["n_items"], model["n_without_regions"]) == (4, 4)
    assert record(finished, "classifiers/grain/folds/0/record.json")["n_items"] == 8


@pytest.mark.parametrize("classifier", ["ratio", "grain"])
def test_frames_are_judged_and_attacked_by_the_model_of_their_fold(finished, classifier):
    rows = finished.rows(f"classifiers/{classifier}/predictions.csv")
    assert len(rows) == 8
    for row in rows[:3]:
        model = finished.results / f"classifiers/{classifier}/folds/{row['fold']}"
        trained_on = (model / "training.csv").read_text()
        assert f"frames/{row['frame_id']}," not in trained_on and trained_on.count("frames/") >= 4
        stored = read_reconstruction(finished.results / "reconstructions" / row["frame_id"])
        predictor = for_frame(open_predictor(PredictorSettings(engine="scikit_learn"), model), stored)
        assert float(row["logit"]) == predictor.scores(stored.image[None])[0, 1]
    attacked = list(finished.results.glob(f"attacks/{classifier}/some/*/record.json"))
    correct = [row["frame_id"] for row in rows if row["correct"] == "true"]
    assert sorted(path.parent.name for path in attacked) == correct
    for path in attacked:
        about = json.loads(path.read_text())
        digest = (finished.results / f"classifiers/{classifier}/folds/{about['fold']}/digest.txt").read_text().strip()
        assert about["predictor"]["engine"] == "scikit_learn" and about["predictor"]["digest"] == digest


def test_blocks_are_trained_on_copies_from_the_studys_boxes(finished):
    model = record(finished, "classifiers/tuned/folds/all/record.json")
    assert {"copies.frames", "copies.images"} <= set(model["inputs"])
    assert model["cutoff"]["rule"] == "youden" and "blocks" in model["kept"]
    (table,) = finished.results.glob("features/*augment*/frames.csv")
    boxes = [json.loads(row["box"]) for row in finished.rows(table.relative_to(finished.results))]
    assert len(boxes) == 8 and {json.dumps(box["low"]) for box in boxes} == {'{"alpha_l": 5.0}'}


def test_all_of_it_is_in_the_crate(finished):
    graph = json.loads((finished.results / "provenance.json").read_text())["@graph"]
    actions = {one["@id"]: {part["@id"] for part in one["object"]} for one in graph if one["@type"] == "CreateAction"}
    assert {"images/I0.png", "frames/F0"} & {part.split("simulated/")[-1] for part in actions["#train/grain/0"]}
    assert sum(part.endswith((".npz", ".csv")) and "augment" in part for part in actions["#train/tuned/all"]) == 4


def test_a_second_run_does_nothing(finished):
    assert not finished.run()
