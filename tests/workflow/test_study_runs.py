"""The tiny study end to end, its error messages, and failed jobs. Reruns are tested in test_reruns.py."""

import json
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from collections import Counter
from html import escape
from pathlib import Path

import pytest
import xarray as xr
import yaml
from study_project import Project

from common import ROOT
from echoshift.classifiers.predictors.openvino import Predictor
from echoshift.reconstruction.cache import read_reconstruction
from echoshift.summary.headline import headline


def test_one_run_makes_everything(finished):
    jobs, results = finished.first_run, finished.results
    selected = finished.rows("selected.csv")
    assert jobs["simulate_frame"] == jobs["reconstruct"] == 8 and jobs["simulate_image"] == 12
    assert jobs["features"] == 2 and jobs["train"] == 3 and jobs["evaluate"] == 2
    assert jobs["select"] == jobs["summarise"] == 1
    assert jobs["attack"] == 2 * len(selected) > 0
    summary = json.loads((results / "summary/summary.json").read_text())
    assert [(one["classifier"], one["attack"]) for one in summary] == [
        (classifier, attack) for classifier in ("folded", "once") for attack in ("descent", "control")
    ]
    for record in summary:
        correct = [row for row in selected if row["classifier"] == record["classifier"]]
        assert (record["n_frames"], record["n_correct"]) == (8, len(correct))
    rows = finished.rows("summary/frames.csv")
    assert len(rows) == 2 * 2 * 8
    assert sum(row["outcome"] == "not_attacked" for row in rows) == 32 - 2 * len(selected)
    store = xr.open_zarr(results / "trajectories.zarr")
    assert {"classifier", "attack", "frame"} <= set(store.sizes)


def test_the_report_is_one_page_with_every_figure(project):
    project.run("--report", "report.html")
    page = (project.folder / "report.html").read_text()
    assert "EchoShift asks how far" in page
    figures = sorted(project.results.glob("figures/**/*.png"))
    assert len(figures) == 7 + 2 * 2 * 2
    for figure in figures:
        assert b64encode(figure.read_bytes()).decode() in page, figure
    assert not re.search(r'(src|href)="https?:', page)  # nothing is downloaded
    first = json.loads(re.search(r"var workflow_desc = (.*);", page)[1])
    lines = headline(json.loads((project.results / "summary/summary.json").read_text()))
    places = [first.index(f">{escape(line.strip())}</p>") for line in lines]
    outcomes = b64encode((project.results / "figures/outcomes.png").read_bytes()).decode()
    places += [first.index(f"data:image/png;base64,{outcomes}"), first.index("EchoShift asks how far")]
    assert places == sorted(places) and first.count("base64,") == 1


def test_selected_frames_are_the_correctly_classified_ones(finished):
    for classifier in ("folded", "once"):
        predictions = finished.rows(f"classifiers/{classifier}/predictions.csv")
        correct = {row["frame_id"] for row in predictions if (float(row["logit"]) >= 0) == (row["label"] == "1")}
        selected = finished.rows("selected.csv")
        assert correct == {row["frame"] for row in selected if row["classifier"] == classifier}


def test_cached_image_and_first_query_give_the_same_logit_to_the_last_bit(finished):
    for row in finished.rows("selected.csv"):
        record = json.loads(
            (finished.results / f"attacks/{row['classifier']}/descent/{row['frame']}/record.json").read_text()
        )
        engine = finished.results / f"classifiers/{row['classifier']}/folds/{row['fold']}/engine.xml"
        image = read_reconstruction(finished.results / f"reconstructions/{row['frame']}").image
        assert Predictor(engine).scores(image[None])[0, 1] == record["initial_logit"]
        predictions = finished.rows(f"classifiers/{row['classifier']}/predictions.csv")
        assert float(next(p["logit"] for p in predictions if p["frame_id"] == row["frame"])) == record["initial_logit"]


def test_folds_judge_patients_they_never_saw(finished):
    for row in finished.rows("classifiers/folded/frames.csv"):
        seen = finished.rows(f"classifiers/folded/folds/{row['fold']}/training.csv")
        assert row["patient_id"] not in {one["patient_id"] for one in seen}
        assert len(seen) == 12 + 4


def test_a_damaged_frame_costs_only_what_depends_on_it(project):
    """One line names the file. Finished tables and the results of other frames do not change."""
    before = project.tables()
    path = project.results / "simulated/frames/F1.h5"
    path.write_bytes(path.read_bytes()[:5000])
    jobs = project.run("--forcerun", "reconstruct", "--until", "reconstruct", succeed=False)
    screen = project.process.stderr
    assert screen.count("echoshift: error:") == 2  # when it happened, and again at the end
    assert screen.rindex("echoshift: error:") > screen.rindex("Finished jobid")
    assert project.process.returncode != 0
    (complaint,) = project.complaints
    assert "F1.h5" in complaint
    assert jobs["reconstruct"] == 8
    assert project.tables() == before
    assert len(list(project.results.glob("reconstructions/*/reconstruction.zarr"))) == 7


def test_zero_selected_frames_is_a_valid_end(project):
    """As if every frame had been misclassified."""

    def misjudge(rows):
        for row in rows:
            row["logit"] = "-1.0" if row["label"] == "1" else "1.0"

    for folder in project.results.glob("classifiers/*"):
        project.edit_sheet(misjudge, folder / "predictions.csv")
        evaluation = json.loads((folder / "evaluation.json").read_text())
        (folder / "evaluation.json").write_text(json.dumps(evaluation | {"n_correct": 0}))
    project.run("--forcerun", "select", "--until", "summarise")  # provenance would report the edited predictions
    assert project.rows("selected.csv") == []
    summary = json.loads((project.results / "summary/summary.json").read_text())
    assert all(record["success_rate"] is None and record["n_correct"] == 0 for record in summary)


def configured(change):
    return lambda project: project.edit_config(change)


def written(text):
    return lambda project: (project.folder / "config.yaml").write_text(text)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            configured(lambda config: config["attacks"]["descent"]["settings"]["beta"].update(min=1.0)),
            "attacks.descent.settings.beta: found initial",
        ),
        (configured(lambda config: config.update(atacks={})), "atacks: found {}, expected a known key"),
        (configured(lambda config: config["cohorts"].update(frames="nowhere.csv")), "nowhere.csv: cannot be read"),
        (
            lambda project: (project.folder / "config.yaml").unlink(),
            "config.yaml: cannot be read (No such file or directory), expected the study's configuration",
        ),
        (written(""), "config.yaml: found an empty file, expected keys and values"),
        (written("- 1"), "config.yaml: found a list, expected keys and values"),
        (written("seed: 1\nclasses: [a, b\ncohorts: x\n"), "config.yaml line 3: not valid YAML"),
    ],
)
def test_mistakes_found_at_parse_leave_every_result_untouched(project, edit, expected):
    before = {path: path.stat().st_mtime_ns for path in project.results.rglob("*")}
    edit(project)
    jobs = project.run(succeed=False)
    assert project.process.returncode != 0 and not jobs
    (line,) = [line for line in project.process.stderr.splitlines() if not line.startswith("Using workflow specific")]
    assert line.startswith("echoshift: error: ") and expected in line
    assert before == {path: path.stat().st_mtime_ns for path in project.results.rglob("*")}


def test_a_study_of_ones_own_inherits_nothing_from_the_default_one(finished, tmp_path):
    """Real frames and no images: no simulated image may be used in the training."""
    for path in finished.results.glob("simulated/frames/*.h5"):
        shutil.copy(path, tmp_path)
    sheet = (finished.folder / "frames.csv").read_text().replace("simulated/frames/", "")
    (tmp_path / "frames.csv").write_text(sheet)
    config = yaml.safe_load((finished.folder / "config.yaml").read_text())
    config["cohorts"] = {"frames": "frames.csv"}
    del config["classifiers"]["once"]
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(config))
    shutil.copy(ROOT / "config.yaml", tmp_path)  # beside it, as in a checkout
    own = Project(tmp_path)
    jobs = own.run("--configfile", "own.yaml", "-n")
    assert jobs["reconstruct"] == 8 and jobs["train"] == 2
    assert not jobs["simulate_image"] and not jobs["simulate_frame"]


def test_one_model_for_all_is_trained_again_for_any_frame(project):
    """`train_once` evaluates its training frames, so it trains on all frames."""
    sheet = project.folder / "frames.csv"
    text = sheet.read_text()
    added = text + "F8,Pframe8,simulated/frames/F8.h5,0\n"
    removed = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("F1,"))
    features = {"list_items": 1, "features": 1}
    for edited, before in ((removed, features), (added, {**features, "simulate_frame": 1, "reconstruct": 1})):
        sheet.write_text(edited)
        model = "results/classifiers/once/folds/all/digest.txt"
        assert project.run("-n", model) == Counter(list_training=1, train=1, **before)


def test_a_part_of_the_study_can_be_run_alone(project):
    """No headline without tables."""
    shutil.rmtree(project.results / "summary")
    project.run("--until", "reconstruct", "--forcerun", "list_items")


def test_attack_jobs_import_no_tensorflow(project):
    words = project.attack_command("--forcerun", "attack")
    record = project.folder / Path(words[words.index("--finished") + 1]).with_name("record.json")
    before, made = record.read_bytes(), record.stat().st_mtime_ns
    words = words[words.index("attack") :]  # without its log, into which Python's report would go
    command = [sys.executable, "-X", "importtime", "-m", "echoshift", *words, "--again"]
    done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, check=True)
    packages = {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert {"numpy", "openvino"} <= packages
    assert not packages & {"tensorflow", "keras", "scipy"}  # openvino.frontend.tensorflow is OpenVINO's own
    assert record.stat().st_mtime_ns > made and record.read_bytes() == before
