"""Extend a copy of the package with a search, a classifier kind and a predictor: one file and one registry line each."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rerun_study import with_own_house
from study_project import Project, tiny_config, tiny_sheet

SEAMS = Path(__file__).with_name("seams")
LINES = {
    "attacks/searches/__init__.py": ("SEARCHES = {", '"grid_search": "echoshift.attacks.searches.grid_search",'),
    "classifiers/kinds/__init__.py": ("KINDS = {", '"grey_threshold": "echoshift.classifiers.kinds.grey_threshold",'),
    "classifiers/predictors/settings.py": (
        "ENGINES = {",
        '"grey_level": Engine("echoshift.classifiers.predictors.grey_level", ("threshold.json",), "the mean"),',
    ),
}
"""The line added to each registry."""
FILES = {
    "grid_search.py": "attacks/searches",
    "grey_threshold.py": "classifiers/kinds",
    "grey_level.py": "classifiers/predictors",
}


@pytest.fixture(scope="module")
def extended(tmp_path_factory, programs):
    """A tiny study, and a copy of the workflow and the package with the three toys."""
    project = Project(tmp_path_factory.mktemp("seams"), programs=programs)
    with_own_house(project)
    package = project.house / "src/echoshift"
    for name, folder in FILES.items():
        shutil.copy(SEAMS / name, package / folder)
    for name, (start, line) in LINES.items():
        text = (package / name).read_text()
        assert text.count(start) == 1
        (package / name).write_text(text.replace(start, f"{start}\n    {line}"))
    assert not python(project, "-m", "echoshift.study.schema", project.house / "workflow/schemas/config.schema.json")
    config = tiny_config()
    config["classifiers"] = {"grey": {"kind": "grey_threshold", "protocol": "train_once"}}
    config["attacks"] = {
        "grid": {"method": "grid_search", "points": 4, "settings": {"alpha_l": {}, "alpha_u": {}}},
        "control": config["attacks"]["control"],
    }
    project.write(config, tiny_sheet("frame", 4), tiny_sheet("image", 2))
    return project


def python(project, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(project.house / "src")}
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, env=environment, cwd=project.folder, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return done.stdout.strip()


def asked(project, **changes):
    """Output of planning a study with these keys, and the heavy packages that planning imported."""
    code = f"""
import json, sys, yaml
from echoshift.study import load_study
from echoshift.errors import EchoShiftError
config = yaml.safe_load(open("config.yaml")) | json.loads({json.dumps(changes)!r})
try:
    study = load_study(config)
    print(study.search("grid", "F0").model_dump_json())
except EchoShiftError as error:
    print(error)
print(sorted({{"numpy", "h5py", "tensorflow", "openvino", "pandas"}} & set(sys.modules)))
"""
    said, heavy = python(project, "-c", code).splitlines()
    assert heavy == "[]"
    return said


def test_options_of_a_search_reach_its_job(extended):
    search = json.loads(asked(extended))
    assert search["method"] == "grid_search" and search["options"] == {"points": 4} and search["seed"] is None


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        (
            {"kind": "magic"},
            "classifiers.grey.kind: found 'magic', expected one of 'grey_threshold', 'transfer_learned'",
        ),
        (
            {"kind": "grey_threshold", "training": {}},
            "classifiers.grey.training: found {}, expected one of protocol, folds, seed, predictor, defences, kind, threshold",
        ),
        ({"thresold": {}}, "classifiers.grey.thresold: found {}, expected one of protocol, folds, seed, predictor,"),
        (
            {"kind": "grey_threshold", "thresold": {}},
            "classifiers.grey.thresold: found {}, expected a known key (is it threshold?)",
        ),
        (
            {"kind": "grey_threshold", "threshold": {"grey_level": "x"}},
            "classifiers.grey.threshold.grey_level: found 'x'",
        ),
    ],
)
def test_a_mistake_in_an_entry_is_told_whatever_its_kind(extended, changes, complaint):
    assert complaint in asked(extended, classifiers={"grey": {"protocol": "train_once", **changes}})


def test_an_entry_without_a_kind_is_of_the_usual_one(extended):
    code = """
import yaml
from echoshift.study.config import StudyConfig
config = yaml.safe_load(open("config.yaml")) | {"classifiers": {"usual": {"protocol": "train_once"}}}
usual = StudyConfig(**config).classifiers["usual"]
print(usual.kind, usual.engines())
"""
    assert python(extended, "-c", code) == "transfer_learned ('openvino', 'tensorflow')"


def test_an_engine_that_cannot_read_the_models_is_refused(extended):
    said = asked(extended, predictor={"engine": "openvino"})
    assert "predictor.engine: found 'openvino', expected one that reads models of kind grey_threshold" in said
    assert said.endswith("(classifiers.grey): grey_level")


def test_a_study_of_the_three_runs_to_its_end(extended):
    jobs = extended.run()
    assert jobs["adopt"] == 1 and not jobs["features"] and not jobs["list_training"]
    model = extended.results / "classifiers/grey/folds/all"
    assert sorted(path.name for path in model.iterdir()) == ["digest.txt", "record.json", "threshold.json"]
    digest = (model / "digest.txt").read_text().strip()
    records = [json.loads(path.read_text()) for path in extended.results.glob("attacks/grey/*/*/record.json")]
    assert {record["search"]["method"] for record in records} == {"grid_search", "random_search"}
    assert {(record["predictor"]["engine"], record["inputs"]["model"]) for record in records} == {
        ("grey_level", digest)
    }
    assert any(record["outcome"] == "flipped" for record in records)
    grids = [record["search"] for record in records if record["attack"] == "grid"]
    assert all(search["options"] == {"points": 4} for search in grids)
    assert all("options" not in record["search"] for record in records if record["attack"] != "grid")
    evaluation = json.loads((extended.results / "classifiers/grey/evaluation.json").read_text())
    assert evaluation["predictors"]["all"] == {"engine": "grey_level", "digest": digest}
    assert (extended.results / "provenance.json").is_file()

    (model / "threshold.json").unlink()
    assert not extended.run()  # the digest represents the model
    extended.run("--forcerun", "attack", succeed=False)
    assert "threshold.json: file not found, expected one of `echoshift train`; repair: rm " in extended.output
    (model / "digest.txt").unlink()
    assert extended.run()["adopt"] == 1 and (model / "threshold.json").is_file()
