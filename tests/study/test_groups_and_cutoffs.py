"""What frames are grouped by, and cut-offs: what a study accepts, and the line for each mistake."""

import pytest
import yaml

from common import ROOT
from echoshift.errors import EchoShiftError
from echoshift.study import Study, load_study

ROWS = [f"F{i},P{i},simulated/frames/F{i}.h5,{i % 2},scanner {i % 3}" for i in range(24)]


@pytest.fixture
def load(tmp_path):
    """Load the default study with frames that have a note, and changes of cohorts and training."""

    def loaded(cohorts=(), training=(), rows=ROWS, **changes):
        (tmp_path / "frames.csv").write_text("\n".join(["frame_id,patient_id,path,label,note_scanner", *rows]) + "\n")
        config = yaml.safe_load((ROOT / "config.yaml").read_text()) | changes
        config["cohorts"] = {"frames": str(tmp_path / "frames.csv"), **dict(cohorts)}
        config["classifiers"]["cross_validated"]["training"] |= dict(training)
        return load_study(config)

    return loaded


def test_a_note_groups_the_frames(load):
    study = load({"group_by": "note_scanner"})
    assert [one.group for one in study.frames.values()][:4] == ["scanner 0", "scanner 1", "scanner 2", "scanner 0"]
    assert Study.from_json(study.to_json()).frames["F1"].group == "scanner 1"
    assert study.group_by == "note_scanner"


def test_without_a_column_simulated_frames_have_their_grade_and_others_nothing(load, tmp_path):
    (tmp_path / "real.h5").touch()
    assert load().group_by == load({"group_by": "fat_grade"}).group_by == "fat_grade"
    assert {one.group for one in load().frames.values()} == {""}
    assert load(rows=[*ROWS, "F99,P99,real.h5,1,a"]).group_by is None


@pytest.mark.parametrize(
    ("cohorts", "expected"),
    [
        ({"group_by": "note_probe"}, "header: column 'note_probe' not found"),
        ({"group_by": "patient_id"}, "cohorts.group_by: found 'patient_id'"),
        ({"group_by": "note_"}, "cohorts.group_by: found 'note_'"),
    ],
)
def test_a_wrong_column_is_refused(load, cohorts, expected):
    with pytest.raises(EchoShiftError) as refused:
        load(cohorts)
    assert expected in str(refused.value) and "\n" not in str(refused.value)


def test_too_many_groups_are_refused(load):
    rows = [f"{row}{i}" for i, row in enumerate(ROWS)]
    with pytest.raises(EchoShiftError, match="note_scanner: found 24 groups, expected at most 20"):
        load({"group_by": "note_scanner"}, rows=rows)


def test_real_frames_have_no_fat_grade(load, tmp_path):
    (tmp_path / "real.h5").touch()
    with pytest.raises(EchoShiftError, match=r"cohorts.group_by: found fat_grade and .*F99.*, which is not simulated"):
        load({"group_by": "fat_grade"}, rows=[*ROWS, "F99,P99,real.h5,1,a"])


@pytest.mark.parametrize("cutoff", [0.5, 0.3, "youden", {"sensitivity": 0.9}])
def test_a_cut_off_is_part_of_the_recipe(load, cutoff):
    study = load(training={"cutoff": cutoff})
    assert study.recipe("cross_validated").model_dump()["cutoff"] == cutoff
    assert study.recipe("trained_once").cutoff == 0.5
    again = type(study.recipe("cross_validated")).model_validate_json(study.recipe("cross_validated").model_dump_json())
    assert again == study.recipe("cross_validated")


@pytest.mark.parametrize(
    ("cutoff", "expected"),
    [
        (1.5, "training.cutoff: found 1.5, expected less than 1"),
        ("yuden", "training.cutoff: found 'yuden', expected 'youden'"),
        ({"sensitivity": 2}, "training.cutoff.sensitivity: found 2, expected less than or equal to 1"),
        ({"specificity": 0.9}, "specificity: found 0.9, expected a known key"),
    ],
)
def test_a_wrong_cut_off_is_refused_in_one_line(load, cutoff, expected):
    with pytest.raises(EchoShiftError) as refused:
        load(training={"cutoff": cutoff})
    assert expected in str(refused.value) and "\n" not in str(refused.value)


def test_three_classes_have_no_cut_off(load):
    three = {"classes": ["healthy", "mild", "severe"], "simulation": {"fat_limits": [17.4]}}
    rows = [f"F{i},P{i},simulated/frames/F{i}.h5,{i % 3},a" for i in range(24)]
    load(rows=rows, **three)
    with pytest.raises(
        EchoShiftError, match=r"cross_validated.training.cutoff: found it with 3 classes, expected it with two"
    ):
        load(training={"cutoff": "youden"}, rows=rows, **three)
