"""Classifiers that read recordings in a study: what is planned for them, and the line for each mistake."""

import numpy as np
import pytest
import yaml
from PIL import Image

from common import ROOT
from echoshift.errors import EchoShiftError
from echoshift.study import load_study

LINES = {"kind": "rf_lines", "protocol": "cross_validation", "folds": 4}
ROWS = [f"F{i},P{i},simulated/frames/F{i}.h5,{i % 2}" for i in range(16)]
IMAGES = [f"I{i},Q{i},simulated/images/I{i}.png,{i % 2}" for i in range(4)]
RECORDED = {"alpha_l": 10, "alpha_u": 55, "beta": 0.9, "center_frequency": 2.5e6, "pixel_size": 4e-4}


@pytest.fixture
def load(tmp_path):
    """Load the default study with a classifier of RF lines beside its own."""

    def loaded(lines=(), rows=ROWS, first=False, alone=False, **changes):
        (tmp_path / "frames.csv").write_text("\n".join(["frame_id,patient_id,path,label", *rows]) + "\n")
        (tmp_path / "images.csv").write_text("\n".join(["image_id,patient_id,path,label", *IMAGES]) + "\n")
        config = yaml.safe_load((ROOT / "config.yaml").read_text()) | changes
        config["cohorts"] = {"frames": str(tmp_path / "frames.csv"), "images": str(tmp_path / "images.csv")}
        own, others = {"lines": {**LINES, **dict(lines)}}, {} if alone else config["classifiers"]
        config["classifiers"] = own | others if first else others | own
        return load_study(config, folder=str(tmp_path))

    return loaded


def test_it_is_trained_on_frames_alone_and_judged_by_its_own_engine(load):
    study = load()
    of_lines = study.training("lines", "0")
    assert of_lines and not any(study.is_image(one) for one in of_lines)
    judged = {name for name, fold in study.folds["lines"].items() if fold == "0"}
    assert {one.name for one in of_lines} == set(study.frames) - judged
    assert study.predictor("lines").engine == "openvino_lines"
    assert study.recordings["F3"] == {"path": study.frames["F3"].path, "files": [study.frames["F3"].path]}


def test_a_study_without_one_plans_no_recordings(load, tmp_path):
    (tmp_path / "a.csv").write_text("\n".join(["frame_id,patient_id,path,label", *ROWS]) + "\n")
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    config["cohorts"] = {"frames": str(tmp_path / "a.csv")}
    for entry in config["classifiers"].values():
        entry["protocol"] = "train_once"
    assert load_study(config).recordings == {}


def test_what_no_setting_can_change_is_asked_of_the_first_classifier_of_pictures(load):
    lattice = {"bound": {"method": "lattice", "on_request": True}}
    attacks = yaml.safe_load((ROOT / "config.yaml").read_text())["attacks"] | lattice
    spreads = {"spreads": {"small": {"uniform": 0.1}}}
    study = load(first=True, attacks=attacks, accidental=spreads, sensitivity={})
    first, second = list(study.config.classifiers)[:2]
    assert first == "lines"
    assert study.classifiers_of("bound") == study.accidental_classifiers == study.sensitivity_classifiers == (second,)
    assert "lines" in study.classifiers_of(next(iter(attacks)))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"lines": {"protocol": "first_cohort"}},
            "classifiers.lines.protocol: found first_cohort, which trains on pictures alone, expected cross_validation",
        ),
        (
            {"lines": {"defences": ["canonical"]}},
            "classifiers.lines.defences: found 'canonical', expected none: models of",
        ),
        (
            {"lines": {"predictor": {"engine": "openvino"}}},
            "classifiers.lines.predictor.engine: found 'openvino', expected one that reads models of kind rf_lines",
        ),
        (
            {"accidental": {"spreads": {"s": {"uniform": 0.1}}, "classifiers": ["lines"]}},
            "accidental.classifiers: found 'lines', which reads the recording",
        ),
        (
            {"sensitivity": {"classifiers": ["lines"]}},
            "sensitivity.classifiers: found 'lines', which reads the recording",
        ),
        ({"alone": True}, "attacks.lattice: found no classifier of pictures to ask, expected one"),
        ({"lines": {"training": {"step": 2000}}}, "step of at most samples"),
        ({"rows": [f"F{i},P{i},simulated/frames/F{i}.h5,1" for i in range(16)]}, "found only labels [1] to train fold"),
    ],
)
def test_mistakes_are_refused_in_one_line(load, changes, expected):
    with pytest.raises(EchoShiftError) as refused:
        load(**changes)
    assert expected in str(refused.value) and "\n" not in str(refused.value)


def test_a_lattice_of_it_is_refused(load):
    attacks = yaml.safe_load((ROOT / "config.yaml").read_text())["attacks"]
    attacks["bound"] = {"method": "lattice", "on_request": True, "classifiers": ["lines"]}
    with pytest.raises(EchoShiftError, match=r"attacks.bound.classifiers: found 'lines', which reads the recording"):
        load(attacks=attacks)


def test_pictures_among_the_frames_are_refused(load, tmp_path):
    Image.fromarray(np.arange(32 * 32, dtype=np.uint8).reshape(32, 32)).save(tmp_path / "A.png")
    with pytest.raises(EchoShiftError) as refused:
        load(rows=[*ROWS, "A,PA,A.png,1"], recorded=RECORDED)
    line = str(refused.value)
    assert "classifiers.lines.kind: found rf_lines and 1 of 17 frames without RF" in line and "\n" not in line
