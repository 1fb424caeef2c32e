"""A classifier of RF lines added to a finished study of pictures: it runs its own jobs, and its frames are unreachable."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from study_project import TARGETS, Project, tiny_config, tiny_sheet

from echoshift.console.content import Content
from echoshift.console.served.asking import Asking
from echoshift.console.served.questions import ScoresQuestion
from echoshift.records.provenance import digest_of_files

FRAMES = 8
LINES = {
    "kind": "rf_lines", "protocol": "cross_validation", "folds": 2,
    "training": {"samples": 1024, "epochs": 6, "pieces": 16, "line_step": 2, "validation_fraction": 0.5},
}  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory, programs):
    """The study after its first run, then after a run with the classifier of RF lines."""
    project = Project(tmp_path_factory.mktemp("lines"), programs=programs)
    config = tiny_config() | {"frames_per_job": 10}
    del config["classifiers"]["folded"]
    project.write(config, tiny_sheet("frame", FRAMES), tiny_sheet("image", 4))
    project.run(*TARGETS)
    project.before = project.tables()
    project.edit_config(lambda config: config["classifiers"].update(lines=LINES))
    project.added = project.run()
    return project


def records(project):
    return json.loads((project.results / "summary/summary.json").read_text())


def test_it_costs_its_own_jobs(project):
    own = Counter({"list_training": 2, "train": 2, "evaluate": 1, "select": 1})
    assert all(project.added[rule] == n for rule, n in own.items())
    assert not {"reconstruct", "features", "simulate_frame", "simulate_image"} & set(project.added)
    for rule in ("train", "evaluate", "attack"):
        assert {wildcards[0] for wildcards in project.ran(rule, "classifier")} == {"lines"}


def test_its_frames_are_unreachable_beside_those_of_a_classifier_of_pictures(project):
    of_lines, of_pictures = (
        [one for one in records(project) if one["classifier"] == name] for name in ("lines", "once")
    )
    predictions = project.rows("classifiers/lines/predictions.csv")
    n_correct = sum(row["correct"] == "true" for row in predictions)
    assert len(of_lines) == 2 and n_correct
    for record in of_lines:
        assert record["n_unreachable"] == n_correct and record["n_correct"] == 0 and record["success_rate"] is None
        assert record["robust"]["together"]["n_robust"] == n_correct
    assert all("n_unreachable" not in record and record["n_correct"] > 0 for record in of_pictures)
    rows = [row for row in project.rows("summary/frames.csv") if row["classifier"] == "lines"]
    assert Counter(row["outcome"] for row in rows)["unreachable"] == 2 * n_correct
    assert {row["asked"] for row in rows if row["outcome"] == "unreachable"} == {"1"}
    initial = {row["frame_id"]: float(row["initial_logit"]) for row in rows}
    assert initial == {row["frame_id"]: pytest.approx(float(row["logit"])) for row in predictions}
    then = json.loads(project.before["summary.json"])
    assert [one["n_flipped"] for one in of_pictures] == [one["n_flipped"] for one in then]


def test_it_is_trained_on_the_recordings_of_the_other_patients(project):
    judged = {row["frame_id"]: row["fold"] for row in project.rows("classifiers/lines/frames.csv")}
    for fold in ("0", "1"):
        folder = project.results / "classifiers/lines/folds" / fold
        record = json.loads((folder / "record.json").read_text())
        table = project.rows(f"classifiers/lines/folds/{fold}/training.csv")
        assert {row["item_id"] for row in table} == {f"frames/{name}" for name, own in judged.items() if own != fold}
        for row in table:
            assert row["path"] == f"results/simulated/frames/{row['item_id'].removeprefix('frames/')}.h5"
            assert record["inputs"]["recordings"][row["item_id"]] == digest_of_files([project.folder / row["path"]])
        assert not (folder / "model.keras").exists()


def test_its_attacks_say_which_recording_was_read(project):
    evaluation = json.loads((project.results / "classifiers/lines/evaluation.json").read_text())
    found = sorted(project.results.glob("attacks/lines/*/F*/record.json"))
    assert found
    for path in found:
        record = json.loads(path.read_text())
        assert record["predictor"]["engine"] == "openvino_lines" and "tensorflow" not in record["packages"]
        assert record["inputs"]["recording"] == evaluation["inputs"]["recordings"][record["frame_id"]]
    crate = json.loads((project.results / "provenance.json").read_text())
    assert "classifiers/lines/folds/0" in json.dumps(crate)


def test_the_page_says_so_and_the_served_one_asks_the_recording(project, monkeypatch):
    monkeypatch.chdir(project.folder)  # as the study does: paths are relative
    content = Content(Path("results"), served=True)
    of_lines = next(one for one in content.study["glance"]["classifiers"] if one["name"] == "lines")
    assert of_lines["n_unreachable"] == records(project)[-1]["n_unreachable"] == of_lines["n_correct"]
    assert any("unreachable, as the classifier reads the recording" in line for line in content.study["headline"])
    frame = content.study["frames"][0]["id"]
    points = ({}, {"beta": 1.1}, {"alpha_l": 14.0, "alpha_u": 51.0})
    scores = Asking(content, allow_external=False).scores(
        ScoresQuestion(frame=frame, classifier="lines", settings=points)
    )
    row = next(row for row in project.rows("classifiers/lines/predictions.csv") if row["frame_id"] == frame)
    assert np.array_equal(scores, np.tile(scores[:1], (3, 1))) and scores[0, 1] == float(row["logit"])
    assert "no setting reaches it" in (project.results / "study.html").read_text()


def test_another_training_is_its_own(project, tmp_path_factory):
    copy = project.copy(tmp_path_factory.mktemp("copy"))
    copy.edit_config(lambda config: config["classifiers"]["lines"]["training"].update(epochs=1))
    planned = copy.run("-n", *TARGETS)
    assert planned["train"] == 2 and planned["evaluate"] == 1
    assert not {"reconstruct", "features", "list_training"} & set(planned)
