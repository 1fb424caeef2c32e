"""The section `sensitivity`: what it resolves to, and mistakes, each refused in one line."""

import pytest
import yaml

from common import ROOT
from echoshift.errors import EchoShiftError
from echoshift.sensitivity.settings import Design
from echoshift.study import load_study

ROWS = [f"F{i},P{i},simulated/frames/F{i}.h5,{i % 2},{'0.8' if i == 0 else ''}" for i in range(6)]


@pytest.fixture
def load(tmp_path):
    """Load the default study with six frames, the first with a bound of its own, and changes of its section."""

    def loaded(**changes):
        (tmp_path / "frames.csv").write_text("\n".join(["frame_id,patient_id,path,label,beta_min", *ROWS]) + "\n")
        config = yaml.safe_load((ROOT / "config.yaml").read_text())
        config["cohorts"] = {"frames": str(tmp_path / "frames.csv")}
        config["classifiers"]["cross_validated"]["folds"] = 2
        config["sensitivity"] = config["sensitivity"] | changes if changes != {"left_out": True} else None
        return load_study(config)

    return loaded


def test_the_default_study_asks_about_its_first_classifier(load):
    study = load()
    assert study.sensitivity_classifiers == ("cross_validated",) and list(study.sensitivity) == list(study.frames)
    told = study.sensitivity["F1"]
    assert told["label"] == 1 and told["design"] == study.design("F1").model_dump(mode="json")
    assert Design.model_validate(told["design"]) == study.design("F1")
    assert [(axis.low, axis.high) for axis in study.design("F0").axes] == [(0.8, 1.3), (5, 15), (50, 60)]
    assert study.design("F0").seed != study.design("F1").seed
    assert sorted(study.sensitivity_batches["cross_validated"]) == ["0-0", "1-0"]
    assert load(classifiers=["trained_once"]).sensitivity_batches == {"trained_once": {"all-0": list(study.frames)}}


def test_without_the_section_nothing_is_asked(load):
    study = load(left_out=True)
    assert study.sensitivity_classifiers == () and study.sensitivity == study.sensitivity_batches == {}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"samples": 100}, "sensitivity.samples: found 100, expected a power of two"),
        ({"samples": 1}, "sensitivity.samples: found 1, expected greater than or equal to 2"),
        ({"steps": 1}, "sensitivity.steps: found 1, expected greater than or equal to 2"),
        ({"pairs": 1}, "sensitivity.pairs: found 1, expected greater than or equal to 2"),
        ({"sample": 8}, "sensitivity.sample: found 8, expected a known key (is it samples?)"),
        ({"settings": {}}, "sensitivity.settings: found {}"),
        ({"settings": {"gain": {}, "alpha_l": {}, "alpha_u": {}}}, "at most two of gain, alpha_l and alpha_u"),
        ({"settings": {"beta": {"min": 1.0}}}, "sensitivity.settings.beta: found initial value 0.9 outside the bounds [1, 1.3]"),
        ({"settings": {"median": {"max": 4}}}, "expected each an odd whole number"),
        ({"settings": {"alpha_l": {"max": 58}}}, "expected the range of alpha_l to end below the range of alpha_u"),
        ({"classifiers": ["x"]}, "sensitivity.classifiers: found 'x', expected entries of classifiers: cross_validated, trained_once"),
        ({"classifiers": []}, "sensitivity.classifiers: found []"),
    ],
)  # fmt: skip
def test_mistakes(load, changes, expected):
    with pytest.raises(EchoShiftError) as caught:
        load(**changes)
    assert expected in str(caught.value) and "\n" not in str(caught.value)
