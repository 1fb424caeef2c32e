"""The section `accidental`: what it resolves to, and mistakes, each refused in one line."""

import pytest
import yaml

from common import ROOT
from echoshift.errors import EchoShiftError
from echoshift.study import load_study

HEADER = "frame_id,patient_id,path,label"
ROWS = [f"F{i},P{i},simulated/frames/F{i}.h5,{i % 2}" for i in range(6)]
OWN = {"beta_min": ["0.8"], "alpha_u_max": ["56"]}


@pytest.fixture
def load(tmp_path):
    """Load the default study with six frames, changes of its section, and columns for the first frames."""

    def loaded(columns=None, **changes):
        rows = [HEADER, *ROWS]
        for name, cells in (columns or {}).items():
            cells = [name, *cells, *[""] * (len(ROWS) - len(cells))]
            rows = [f"{row},{cell}" for row, cell in zip(rows, cells, strict=True)]
        (tmp_path / "frames.csv").write_text("\n".join(rows) + "\n")
        config = yaml.safe_load((ROOT / "config.yaml").read_text())
        config["cohorts"] = {"frames": str(tmp_path / "frames.csv")}
        config["classifiers"]["cross_validated"]["folds"] = 2
        config["accidental"] |= changes
        return load_study(config)

    return loaded


def test_the_default_study_has_one_spread_of_the_first_classifier(load):
    study = load()
    assert study.accidental_classifiers == ("cross_validated",)
    assert list(study.accidental) == ["quarter"] and list(study.accidental["quarter"]) == [f"F{i}" for i in range(6)]
    drawn = study.accidental["quarter"]["F1"]
    assert drawn["label"] == 1 and drawn["draws"]["n"] == 299 and drawn["draws"]["spread"] == {"uniform": 0.25}
    batches = study.accidental_batches["cross_validated"]
    assert sorted(batches) == ["0-0", "1-0"] and sorted(name for own in batches.values() for name in own) == list(
        study.frames
    )
    assert load(classifiers=["trained_once"]).accidental_batches == {"trained_once": {"all-0": list(study.frames)}}


def test_without_the_section_nothing_is_drawn(load, tmp_path):
    load()
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    del config["accidental"]
    study = load_study(config)
    assert study.accidental_classifiers == () and study.accidental == study.accidental_batches == {}


def test_a_frames_own_bounds_override_those_of_the_section(load):
    study = load(columns=OWN)
    first, second = (study.draws("quarter", name).axes for name in ("F0", "F1"))
    assert [(axis.low, axis.high) for axis in first] == [(0.8, 1.3), (5, 15), (50, 56)]
    assert [(axis.low, axis.high) for axis in second] == [(0.5, 1.3), (5, 15), (50, 60)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"spreads": {}}, "accidental.spreads: found {}, expected"),
        ({"spreads": {"a": {}}}, "accidental.spreads.a: found {}, expected either uniform or normal"),
        (
            {"spreads": {"a": {"uniform": 0.1, "normal": {"beta": 1}}}},
            "accidental.spreads.a: found {'uniform': 0.1, 'normal': {'beta': 1}}, expected either uniform or normal",
        ),
        ({"spreads": {"a": {"uniform": 1.5}}}, "accidental.spreads.a.uniform: found 1.5, expected less than or equal to 1"),
        ({"spreads": {"a": {"uniform": 0}}}, "accidental.spreads.a.uniform: found 0, expected greater than 0"),
        ({"spreads": {"a/b": {"uniform": 0.1}}}, "accidental.spreads.a/b"),
        (
            {"spreads": {"a": {"normal": {"beta": 0.1}}}},
            "expected a deviation for each of beta, alpha_l, alpha_u in a.normal, and for no other",
        ),
        ({"spreads": {"a": {"normal": {"beta": 0, "alpha_l": 1, "alpha_u": 1}}}}, "accidental.spreads.a.normal.beta"),
        ({"draws": 0}, "accidental.draws: found 0, expected greater than or equal to 1"),
        ({"drawss": 9}, "accidental.drawss: found 9, expected a known key (is it draws?)"),
        ({"settings": {"gain": {}, "alpha_l": {}, "alpha_u": {}}}, "at most two of gain, alpha_l and alpha_u"),
        ({"settings": {"beta": {"min": 1.0}}}, "accidental.settings.beta: found initial value 0.9 outside the bounds [1, 1.3]"),
        ({"settings": {"median": {"max": 4}}}, "expected each an odd whole number"),
        ({"settings": {"alpha_l": {"max": 58}}}, "expected the range of alpha_l to end below the range of alpha_u"),
        ({"classifiers": ["x"]}, "accidental.classifiers: found 'x', expected entries of classifiers: cross_validated, trained_once"),
        ({"classifiers": []}, "accidental.classifiers: found []"),
    ],
)  # fmt: skip
def test_mistakes(load, changes, expected):
    with pytest.raises(EchoShiftError) as caught:
        load(**changes)
    assert expected in str(caught.value) and "\n" not in str(caught.value)


def test_a_mistake_in_a_sheet_names_its_row(load):
    with pytest.raises(
        EchoShiftError, match=r"frames.csv.*beta.*found initial value 0.9 outside the bounds \[1, 1.3\]"
    ):
        load(columns={"beta_min": ["1.0"]})
