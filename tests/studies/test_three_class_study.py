"""A study of three classes: trained with a softmax, and given as a function; one attack has a target."""

import json

import numpy as np
import pytest
import xarray as xr
from study_project import Project, contents, tiny_config, tiny_sheet

from chromium import chromium
from echoshift.frame import RFFrame

CLASSES = ["healthy", "mild", "severe"]
LIMIT = 17.4
FUNCTION = """
import numpy as np

def by_grey(pictures):
    grey = pictures.mean(axis=(1, 2))[:, None]
    return -((grey - np.array([80.0, 60.0, 40.0])) ** 2) / 100  # severe, mild, healthy
"""


def sheet(kind, n):
    """Labels by name and by number, as a spreadsheet writes it."""
    words = ["healthy", "1.0", "severe"]
    header, *rows = tiny_sheet(kind, n).splitlines()
    return "\n".join([header, *(f"{row.rpartition(',')[0]},{words[i % 3]}" for i, row in enumerate(rows))]) + "\n"


@pytest.fixture(scope="module")
def three(tmp_path_factory, programs):
    project = Project(tmp_path_factory.mktemp("three"), programs=programs)
    (project.folder / "own.py").write_text(FUNCTION)
    config = tiny_config() | {"classes": CLASSES, "frames_per_job": 2}
    config["simulation"]["fat_limits"] = [LIMIT]
    config["classifiers"] = {
        "once": config["classifiers"]["once"],
        "own": {
            "kind": "given",
            "function": "own:by_grey",
            "output": {"gives": "logits", "classes": CLASSES[::-1]},
        },
    }
    config["attacks"] = {
        "control": config["attacks"]["control"],
        "to_severe": {**config["attacks"]["control"], "target": "severe"},
    }
    project.write(config, sheet("frame", 9), sheet("image", 12))
    project.first_run = project.run()
    return project


def test_the_simulation_follows_the_limits(three):
    for i in range(9):
        about = RFFrame.open(three.results / f"simulated/frames/F{i}.h5").metadata
        low, high = ((0, 5), (5, LIMIT), (LIMIT, 46))[i % 3]
        assert about["label"] == i % 3 and low < about["fat_fraction"] < high


def test_one_run_makes_everything(three):
    summary = json.loads((three.results / "summary/summary.json").read_text())
    assert [(one["classifier"], one["attack"]) for one in summary] == [
        (classifier, attack) for classifier in ("once", "own") for attack in ("control", "to_severe")
    ]
    table = three.rows("summary/frames.csv")
    for record in summary:
        own = [row for row in table if (row["classifier"], row["attack"]) == (record["classifier"], record["attack"])]
        predictions = three.rows(f"classifiers/{record['classifier']}/predictions.csv")
        confusion = np.zeros((3, 3), int)
        for row in predictions:
            confusion[int(row["label"]), int(row["answer"])] += 1
        assert record["confusion"] == confusion.tolist() and record["classes"] == CLASSES
        aimed = [row for row in own if row["label"] == row["initial_answer"]]
        if record["target"]:
            aimed = [row for row in aimed if row["label"] != "2"]
        assert record["n_correct"] == len(aimed) == sum(row["queries"] != "0" for row in own)
        for row in aimed:
            flipped = row["final_answer"] == "2" if record["target"] else row["final_answer"] != row["label"]
            assert flipped == (row["outcome"] == "flipped")
    assert sum(record["n_flipped"] for record in summary) > 0
    assert (three.results / "figures/confusion.png").is_file()


def test_the_given_models_order_is_its_own(three):
    """Its outputs are severe, mild, healthy: bright pictures are severe."""
    from echoshift.reconstruction.cache import read_reconstruction

    for row in three.rows("classifiers/own/predictions.csv"):
        grey = read_reconstruction(three.results / "reconstructions" / row["frame_id"]).image.mean()
        scores = [float(row[f"score_{label}"]) for label in range(3)]
        assert scores == pytest.approx([-((grey - centre) ** 2) / 100 for centre in (40, 60, 80)])


def test_the_trained_model_has_three_outputs(three):
    record = json.loads((three.results / "classifiers/once/folds/all/record.json").read_text())
    assert record["output"] == "score of each class" and len(record["n_items_of_class"]) == 3
    confirmed = json.loads((three.results / "classifiers/once/confirmed.json").read_text())
    for flip in confirmed["flips"]:  # OpenVINO against Keras
        assert (
            flip["nearest"]["confirmed"]
            and len(flip["nearest"]["scores"]) == 3
            and flip["largest_logit_difference"] < 1e-3
        )


def test_trajectories_name_the_classes(three):
    with xr.open_zarr(three.results / "trajectories.zarr") as paths:
        assert paths["class"].values.tolist() == CLASSES and "logit" not in paths


def test_single_jobs_find_the_same_frames_done(three, tmp_path_factory):
    project = three.copy(tmp_path_factory.mktemp("copy"))
    before = contents(project.results, "attacks/**/record.json")
    project.edit_config(lambda config: config.update(frames_per_job=1))
    project.run("attacks")
    after = contents(project.results, "attacks/**/record.json")
    assert after == before and len(before) > 5


def test_another_target_runs_its_own_attack_alone(three, tmp_path_factory):
    project = three.copy(tmp_path_factory.mktemp("copy"))
    project.edit_config(lambda config: config["attacks"]["to_severe"].update(target="healthy"))
    project.run("attacks", "summarise")
    ran = {wildcards["attack"] for rule, wildcards in project.executed if rule == "attack"}
    assert ran == {"to_severe"}
    for path in project.results.glob("attacks/*/to_severe/F*/record.json"):
        record = json.loads(path.read_text())
        assert record["search"]["target"] == (
            0 if record["label"] else 2
        )  # those of healthy frames are left from before
    orphans = {row["folder"].rpartition("/")[2] for row in project.rows("summary/orphans.csv")}
    assert orphans and orphans <= {"F0", "F3", "F6"}
    record = next(one for one in json.loads((project.results / "summary/summary.json").read_text()) if one["target"])
    assert record["target"] == "healthy"


def test_the_page_shows_three_classes(three):
    """At the start the scores are those of the predictions; at the nearest flip the answer is another one."""
    heard, n_flipped = [], 0
    with chromium() as browser:
        page = browser.new_page(reduced_motion="reduce")
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.goto((three.results / "study.html").as_uri())
        page.evaluate("echoshift.ready")
        for classifier in ("once", "own"):
            for row in three.rows(f"classifiers/{classifier}/predictions.csv"):
                open_it = "async ([frame, classifier]) => { await echoshift.select(frame); await echoshift.choose(classifier); }"
                page.evaluate(open_it, [row["frame_id"], classifier])
                scores = page.evaluate("echoshift.scores()")
                assert (
                    scores == [float(row[f"score_{k}"]) for k in range(3)]
                    and page.evaluate("echoshift.how()") == "exact"
                )
                assert page.locator("#answer-class").inner_text() == CLASSES[int(row["answer"])]
                if page.locator("#button-nearest").is_enabled():
                    page.click("#button-nearest")
                    n_flipped += 1
                    assert int(np.argmax(page.evaluate("echoshift.scores()"))) != int(row["answer"])
        page.click("#tab-glance")
        assert "severe" in page.locator("#glance").inner_text()
    assert heard == [] and n_flipped > 0
