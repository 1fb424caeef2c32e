"""The ready studies: of public recordings, with sheets written by their scripts from small files in the same layout, and of the
paper's network."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from study_project import Project

from common import ROOT
from echoshift.formats import open_frame
from echoshift.study import load_study
from formats.liver_files import write_liver
from formats.writers import duke, oasbud, write_v5

STUDIES = ROOT / "resources/studies"


def write_sheet(name, folder):
    command = [sys.executable, STUDIES / f"sheet_{name}.py", folder]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if not done.returncode:
        (folder / "frames.csv").write_text(done.stdout)
    return done


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder like a checkout, with the simulated sheets and the data of both studies."""
    (tmp_path / "resources").mkdir()
    for name in ("simulated", "studies"):
        (tmp_path / "resources" / name).symlink_to(ROOT / "resources" / name)
    data = oasbud()["data"]
    lesions = [{**data[i % 2], "id": float(i), "class": float(i % 2)} for i in range(10, 20)]
    for name in ("oasbud", "duke"):
        (tmp_path / "data" / name).mkdir(parents=True)
    write_v5(tmp_path / "data/oasbud/OASBUD.mat", {"data": lesions})
    (tmp_path / "data/duke/liver").mkdir()
    write_v5(tmp_path / "data/duke/liver/a b.mat", duke())
    write_v5(tmp_path / "data/duke/harmonic.mat", duke(harmonic=1.0))
    iq = duke()["iq"]
    write_v5(tmp_path / "data/duke/movie.mat", {**duke(), "iq": np.stack([iq, iq], axis=2)})
    write_v5(tmp_path / "data/duke/else.mat", {"x": np.arange(3.0)})
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


def load(name):
    config = Path("resources/studies") / f"{name}.yaml"
    return load_study(yaml.safe_load(config.read_text()), str(config))


def test_oasbud(project):
    assert write_sheet("oasbud", project.folder / "data/oasbud").returncode == 0
    study = load("oasbud")
    assert list(study.frames)[:3] == ["L10_rf1", "L10_rf2", "L11_rf1"] and len(study.frames) == 20
    assert [study.frames[f"L{i}_rf2"].label for i in range(10, 20)] == [0, 1] * 5
    frame = open_frame(study.frames["L11_rf2"].path)
    np.testing.assert_allclose(frame.samples, 3 * open_frame(study.frames["L10_rf1"].path).samples, rtol=1e-6)
    folds = study.folds["cross_validated"]
    assert all(folds[f"L{i}_rf1"] == folds[f"L{i}_rf2"] for i in range(10, 20)) and len(set(folds.values())) == 5
    assert study.initial("L10_rf1")["beta"] == 0
    jobs = project.run("-n", "--configfile", "resources/studies/oasbud.yaml")
    assert (jobs["reconstruct"], jobs["train"], jobs["evaluate"], jobs["figures"]) == (20, 5, 1, 1)
    assert not jobs["simulate_frame"] and not jobs["simulate_image"]


def test_duke(project):
    done = write_sheet("duke", project.folder / "data/duke")
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1 and "skipped" in done.stderr and "center_frequency" in done.stderr
    study = load("duke")
    assert list(study.frames) == ["D_liver_a_b", "D_movie"]
    assert all(frame.label is None for frame in study.frames.values())
    assert study.frames["D_movie"].path.endswith("movie.mat#0")
    trained = study.training("simulated_images", "all")
    assert {one.name for one in trained} == set(study.images) and len(trained) == 178
    jobs = project.run("-n", "--configfile", "resources/studies/duke.yaml")
    assert (jobs["reconstruct"], jobs["train"], jobs["simulate_image"], jobs["figures"]) == (2, 1, 178, 1)


def test_liver_bmode(project):
    """The sheet is written by `echoshift sheet`. The patients' pictures stay together, and beta is not moved."""
    data = project.folder / "data/liver"
    data.mkdir()
    write_liver(data / "liver.mat", n=10)
    command = [sys.executable, "-m", "echoshift", "sheet", "data/liver/liver.mat", "-o", "data/liver/frames.csv"]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(ROOT / "src")})
    study = load("liver_bmode")
    assert len({frame.patient_id for frame in study.frames.values()}) == 10
    assert {frame.made_with.assume.dynamic_range for frame in study.frames.values()} == {60}
    folds = study.folds["cross_validated"]
    assert all(len({folds[name] for name in folds if name.startswith(f"P{i}_")}) == 1 for i in range(1, 11))
    search = study.search("sign_descent", "P1_0")
    assert [(axis.name, axis.low, axis.high) for axis in search.axes] == [("alpha_l", -5, 5), ("alpha_u", 55, 65)]
    jobs = project.run("-n", "--configfile", "resources/studies/liver_bmode.yaml")
    assert (jobs["reconstruct"], jobs["train"], jobs["evaluate"]) == (len(study.frames), 5, 1)


def test_given(project):
    """The template plans as it stands, once the model file is there."""
    (project.folder / "mine").mkdir()
    (project.folder / "mine/model.onnx").touch()
    study = load("given")
    assert {name: study.predictor(name).engine for name in study.config.classifiers} == {
        "file": "openvino", "function": "function", "server": "server",
    }  # fmt: skip
    jobs = project.run("-n", "--configfile", "resources/studies/given.yaml")
    assert (jobs["adopt"], jobs["evaluate"], jobs["reconstruct"]) == (3, 3, 33) and not jobs["train"]


def test_grades(project):
    study = load("grades")
    assert [sum(one.label == label for one in study.frames.values()) for label in range(3)] == [11] * 3
    assert [sum(one.label == label for one in study.images.values()) for label in range(3)] == [59] * 3
    assert study.search("to_very_fatty", "R001").target == 2 and study.search("sign_descent", "R001").target is None
    jobs = project.run("-n", "--configfile", "resources/studies/grades.yaml")
    assert (jobs["simulate_image"], jobs["simulate_frame"], jobs["train"], jobs["evaluate"]) == (177, 33, 5, 1)


def test_another_scanner(project):
    """The box of the default study's frames is the paper's; the same models are trained as in the comparison."""
    study, default = load("another_scanner"), load_study(yaml.safe_load((ROOT / "config.yaml").read_text()))
    assert study.search("strongest", "R001").axes == default.search("strongest", "R001").axes
    assert [(one.initial, one.low, one.high) for one in study.search("strongest", "S001").axes] == [
        (0.8, 0.4, 1.2), (10, 5, 15), (60, 55, 65)
    ]  # fmt: skip
    compared = load("compare")
    for name, entry in study.config.classifiers.items():
        assert entry == compared.config.classifiers[name]
        for fold in "012":
            assert [one.name for one in study.training(name, fold)] == [
                one.name for one in compared.training(name, fold)
            ]
    jobs = project.run("-n", "-p", "--configfile", "resources/studies/another_scanner.yaml")
    n = len(study.config.classifiers)
    assert (jobs["simulate_image"], jobs["simulate_frame"], jobs["train"], jobs["evaluate"]) == (178, 66, 3 * n, n)
    assert project.output.count(" --scanner HDI-C5-2 --seed 1") == 33
    assert {one.group for one in study.frames.values()} == {"C5-2v", "HDI-C5-2"}


def test_learning_curve(project):
    """Each size is planned; the cohorts are nested, and the first is that of the default study."""
    script = [sys.executable, STUDIES / "sheets_learning_curve.py", "data/learning_curve"]
    subprocess.run(script, cwd=project.folder, check=True)
    config = yaml.safe_load((STUDIES / "learning_curve.yaml").read_text())
    assert load("learning_curve").config.cohorts.frames == "data/learning_curve/33.csv"
    frames = {}
    for size in (33, 100, 300, 1000):
        top = yaml.safe_load(Path(f"data/learning_curve/{size}.yaml").read_text())
        study = load_study({**config, **top, "cohorts": config["cohorts"] | top["cohorts"]})
        frames[size] = {name: (one.patient_id, one.label) for name, one in study.frames.items()}
        assert len(frames[size]) == size and study.config.results_dir == f"results_learning_curve_{size}"
        assert not study.images and study.group_by == "fat_grade"
        assert np.mean([label for _, label in frames[size].values()]) == pytest.approx(21 / 33, abs=0.01)
    assert all(frames[size].items() <= frames[1000].items() for size in frames)
    assert frames[33] == {name: (one.patient_id, one.label) for name, one in load("paper").frames.items()}
    files = ("resources/studies/learning_curve.yaml", "data/learning_curve/100.yaml")
    jobs = project.run("-n", "--configfile", *files)
    assert (jobs["simulate_frame"], jobs["train"], jobs["evaluate"]) == (100, 5, 1) and not jobs["simulate_image"]
    assert "results_learning_curve_100/" in project.output


def test_the_table_of_a_learning_curve(tmp_path):
    for size in (100, 33):
        names = ("auc", "accuracy", "success_rate")
        record = {"n_frames": size, **dict.fromkeys(names, 0.5)}
        record |= {f"{stem}_{end}": 0.25 for stem in ("auc", "accuracy", "success") for end in ("low", "high")}
        record["robust"] = {"together": {"robust_accuracy": 5 / size, "robust_low": 0.01, "robust_high": 0.3}}
        (tmp_path / f"{size}/summary").mkdir(parents=True)
        (tmp_path / f"{size}/summary/summary.json").write_text(json.dumps([record]))
    command = [sys.executable, STUDIES / "table_learning_curve.py"]
    done = subprocess.run([*command, "100", "33"], cwd=tmp_path, capture_output=True, text=True, check=True)
    header, *rows = csv.reader(done.stdout.splitlines())
    assert [row[0] for row in rows] == ["33", "100"] and all(len(row) == len(header) for row in rows)
    assert float(rows[1][header.index("robust_accuracy")]) == 0.05
    done = subprocess.run([*command, "33", "300"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (
        done.returncode == 1
        and done.stderr.count("\n") == 1
        and "300/summary/summary.json: file not found" in done.stderr
    )


def test_paper(project):
    study = load("paper")
    assert len(study.frames) == 33 and len(study.images) == 178
    for classifier in study.config.classifiers.values():
        recipe = classifier.training
        assert (recipe.backbone, recipe.input_size, recipe.weights) == ("inception_resnet_v2", 299, "imagenet")
        assert recipe.trained_blocks == "all" and recipe.dropout and classifier.needs_pictures
    jobs = project.run("-n", "--configfile", "resources/studies/paper.yaml")
    assert (jobs["reconstruct"], jobs["features"], jobs["train"], jobs["evaluate"]) == (33, 2, 6, 2)


@pytest.mark.parametrize(
    ("name", "change", "complaint"),
    [
        ("oasbud", {"class": 2.0}, "lesion P1: class: found '2', expected 0 (benign) or 1 (malignant)"),
        ("oasbud", {"id": "P1"}, "lesion P1: id: found a duplicate, expected unique ids"),
        ("duke", None, "found no readable DukeUltrasound file"),
    ],
)
def test_a_folder_of_something_else_is_refused_in_one_line(tmp_path, name, change, complaint):
    if change:
        write_v5(tmp_path / "OASBUD.mat", oasbud(**change))
    done = write_sheet(name, tmp_path)
    assert done.returncode == 1 and complaint in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "frames.csv").exists()


def test_compare(project):
    """All classifiers but those of textures share features where their pictures in training are the same."""
    study = load("compare")
    names = list(study.config.classifiers)
    assert names[0] == "undefended" and study.config.results_dir == "results_compare/seed_1"
    assert [*study.accidental_classifiers, "rf_lines"] == names  # the settings cannot reach RF lines
    assert all(set(study.attacks_on(name)) == {"sign_descent", "strongest", "nearest"} for name in names[:-1])
    assert set(study.attacks_on("rf_lines")) == {"strongest"}
    jobs = project.run(
        "-n", "--configfile", "resources/studies/compare.yaml", "--config", "seed=2", "results_dir=other"
    )
    assert (jobs["simulate_frame"], jobs["evaluate"]) == (33, len(names)) and jobs["train"] == 3 * len(names)
    folders = {one.features_folder for one in study.config.classifiers.values() if one.features_folder}
    assert jobs["features"] == 2 * len(folders)
    assert "other/summary" in project.output and "results_compare" not in project.output


@pytest.mark.parametrize("seeds", [(1, 2, 3), (4, 7)])
def test_make_compare_runs_one_cohort_after_another(seeds):
    """Each with its seed and folder: lattices, then the study; then all are compared. A failure ends it."""
    options = [] if seeds == (1, 2, 3) else [f"SEEDS={' '.join(map(str, seeds))}"]
    command = ["make", "-n", "-o", ".venv/installed", "compare", "CORES=2", "ARGS=--keep-going", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    *_, unlock, loop, last = [line for line in done.stdout.splitlines() if "echoshift" in line or "snakemake" in line]
    assert unlock.startswith(
        f"snakemake --unlock --configfile resources/studies/compare.yaml --config seed={seeds[0]} "
    )
    steps = [step for step in loop.split(" && ") if step.startswith("snakemake")]
    expected = [
        f"snakemake {target}--configfile resources/studies/compare.yaml --config seed={seed} "
        f"results_dir=results_compare/seed_{seed} --cores 2 --workflow-profile workflow/profiles/default --keep-going"
        for seed in seeds
        for target in ("bound ", "")
    ]
    assert steps == expected and "||" not in loop and ";" not in loop
    folders = " ".join(f"results_compare/seed_{seed}" for seed in seeds)
    assert last == f"python -m echoshift compare {folders} -o results_compare"


def test_make_compare_takes_a_folder_and_refuses_another_config():
    command = ["make", "-o", ".venv/installed", "compare", "SEEDS=1"]
    planned = subprocess.run([*command, "-n", "COMPARED_IN=mine"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "results_dir=mine/seed_1 " in planned.stdout and "compare mine/seed_1 -o mine" in planned.stdout
    refused = subprocess.run(
        [*command, "ARGS=--config frames_per_job=5"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert refused.returncode and "ARGS: found --config, expected --configfile" in refused.stderr
    assert "snakemake" not in refused.stdout
