"""Frames that no model is trained on, and the scanner of a frame: what the sheet's columns do, and the line for each mistake."""

import pytest
import yaml

from common import ROOT, speckle_frame
from echoshift.errors import EchoShiftError
from echoshift.study import Study, load_study

FRAMES = [f"F{i},P{i // 2},simulated/frames/F{i}.h5,{(i // 2) % 2},," for i in range(24)]
TESTED = [f"T{i},Q{i},simulated/frames/T{i}.h5,{int(i < 5)},yes,HDI-C5-2" for i in range(7)]
IMAGES = [f"B{i},PB{i},simulated/images/B{i}.png,{i % 2}" for i in range(4)]
COLUMNS = "frame_id,patient_id,path,label,test_only,scanner"
IMAGE_COLUMNS = "image_id,patient_id,path,label"
NAMES = ("cross_validated", "trained_once", "first_cohort")


@pytest.fixture
def load(tmp_path):
    """Load the default study with other frames, images and protocols."""

    def loaded(
        *frames, images=IMAGES, columns=COLUMNS, image_columns=IMAGE_COLUMNS, change=lambda config: None, **cohorts
    ):
        (tmp_path / "frames.csv").write_text("\n".join([columns, *frames]))
        (tmp_path / "images.csv").write_text("\n".join([image_columns, *images]))
        config = yaml.safe_load((ROOT / "config.yaml").read_text())
        config["cohorts"] = {name: str(tmp_path / f"{name}.csv") for name in ("frames", "images")} | cohorts
        config["classifiers"]["first_cohort"] = {"protocol": "first_cohort"}
        change(config)
        return load_study(config)

    return loaded


def models(study):
    """Names of the training recordings by classifier and fold."""
    return {
        (name, fold): [one.name for one in study.training(name, fold)]
        for name, folds in study.folds.items()
        for fold in set(folds.values())
    }


@pytest.mark.parametrize("at", [0, 5, len(FRAMES)], ids=["before", "between", "after"])
def test_frames_to_test_on_change_no_fold_and_no_training(load, at):
    before, after = load(*FRAMES), load(*FRAMES[:at], *TESTED, *FRAMES[at:])
    for name in NAMES:
        folds = after.folds[name]
        assert {frame: folds[frame] for frame in before.frames} == before.folds[name]
        assert set(folds) - set(before.frames) == {f"T{i}" for i in range(7)}
    assert models(after) == models(before)
    assert list(after.training_frames) == list(before.frames)
    assert after.attacks["strongest"].keys() == after.frames.keys()


def test_they_are_dealt_to_the_folds_like_others(load):
    folds = load(*FRAMES, *TESTED).folds["cross_validated"]
    dealt = [folds[f"T{i}"] for i in range(7)]
    assert set(dealt) == set("01234") and max(map(dealt.count, dealt)) == 2
    assert len({folds[f"T{i}"] for i in range(5)}) == 5  # by class


def test_trained_on_they_would_shift_others(load):
    """What the column is for."""
    before, after = load(*FRAMES), load(*FRAMES, *(row.replace("yes", "no") for row in TESTED))
    assert models(after) != models(before)
    assert [one.name for one in after.training("trained_once", "all")][-1] == "T6"


@pytest.mark.parametrize("label", ["0", "1"])
def test_a_patient_with_frames_of_both_sorts_stays_in_one_fold(load, label):
    """The model that judges both has seen neither, whatever the other recording shows."""
    both = f"T9,P3,simulated/frames/T9.h5,{label},yes,HDI-C5-2"
    before, after = load(*FRAMES), load(both, *FRAMES)
    folds = after.folds["cross_validated"]
    assert folds["T9"] == folds["F6"] == folds["F7"] == before.folds["cross_validated"]["F6"]
    assert models(after) == models(before)
    assert not {"F6", "F7", "T9"} & {one.name for one in after.training("cross_validated", folds["T9"])}


def test_a_patient_whose_other_frames_have_no_label_stays_in_the_same_fold(load, tmp_path):
    speckle_frame().save(tmp_path / "u.h5")
    unlabelled = "U1,Q6,u.h5,,,"
    before, after = load(*FRAMES, unlabelled), load(*FRAMES, unlabelled, *TESTED)
    folds = after.folds["cross_validated"]
    assert folds["U1"] == folds["T6"] == before.folds["cross_validated"]["U1"]
    assert models(after) == models(before)


def test_a_patient_with_images_is_not_trained_on_by_the_model_that_judges_this_patient(load):
    study = load(*FRAMES, *TESTED, images=[*IMAGES, "B9,Q2,simulated/images/B9.png,1"])
    own = study.folds["cross_validated"]["T2"]
    trained_on = {fold: names for (name, fold), names in models(study).items() if name == "cross_validated"}
    assert [fold for fold, names in trained_on.items() if "B9" not in names] == [own]
    assert "B9" not in models(study)["first_cohort", "all"] and "B9" in models(study)["trained_once", "all"]


def test_no_copies_are_drawn_of_them(load):
    """So the box of `augment` need not hold their initial settings."""

    def defended(config):
        own = {"defence": "augment", "settings": {"beta": {"min": 0.8, "max": 1.0}}}
        config["classifiers"]["cross_validated"]["defences"] = [own]

    columns = f"{COLUMNS},beta"
    frames, tested = [f"{row}," for row in FRAMES], [f"{row},0.7" for row in TESTED]
    study = load(*frames, *tested, columns=columns, change=defended)
    assert study.initial("T1")["beta"] == 0.7
    with pytest.raises(EchoShiftError, match=r"frame_id T0\), beta: found initial value 0.7 outside .* of augment"):
        load(*frames, *(row.replace("yes", "no") for row in tested), columns=columns, change=defended)


def test_the_scanner_groups_the_frames(load, tmp_path):
    speckle_frame().save(tmp_path / "u.h5")
    study = load(*FRAMES, *TESTED, "U1,Q9,u.h5,1,yes,clinic B", group_by="scanner")
    assert [study.frames[name].group for name in ("F1", "T1", "U1")] == ["C5-2v", "HDI-C5-2", "clinic B"]
    assert study.group_by == "scanner"
    again = Study.from_json(study.to_json())
    assert again.frames == study.frames and again.frames["T1"].test_only and not again.frames["F1"].test_only
    assert {one.group for one in load(*FRAMES).frames.values()} == {""}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            "T9,Q9,simulated/frames/T9.h5,1,maybe,",
            "(frame_id T9), test_only: found 'maybe', expected yes, no or nothing",
        ),
        ("T9,Q9,simulated/frames/T9.h5,1,1,", "test_only: found '1', expected yes, no or nothing"),
        (
            "T9,Q9,simulated/frames/T9.h5,1,yes,L7-4",
            "scanner: found 'L7-4', expected one of C5-2v, HDI-C5-2, or nothing",
        ),
    ],
)
def test_a_wrong_cell_is_refused_in_one_line(load, row, expected):
    with pytest.raises(EchoShiftError) as refused:
        load(*FRAMES, row)
    assert expected in str(refused.value) and "\n" not in str(refused.value)


def test_frames_to_test_on_are_not_enough_to_train_on(load):
    with pytest.raises(EchoShiftError, match=r"folds: found 0 patients with labelled frames, expected at least 5"):
        load(*TESTED)

    def without_folds(config):
        del config["classifiers"]["cross_validated"]
        config["attacks"] = {"strongest": {"method": "strongest"}}
        config.pop("accidental"), config.pop("sensitivity")

    assert {one.name for one in load(*TESTED, change=without_folds).training("trained_once", "all")} == {
        "B0", "B1", "B2", "B3"
    }  # fmt: skip


def test_spreadsheets_write_true_and_false(load):
    study = load(*FRAMES, *(row.replace("yes", "TRUE") for row in TESTED))
    assert study.frames["T1"].test_only and not study.frames["F1"].test_only


def test_a_misspelt_column_is_told(load):
    with pytest.raises(EchoShiftError, match=r"unknown column 'testonly', expected a known one \(is it test_only\?\)"):
        load(*FRAMES, *TESTED, columns="frame_id,patient_id,path,label,testonly,scanner")


def test_images_have_no_such_columns(load):
    for column in ("test_only", "scanner"):
        with pytest.raises(EchoShiftError, match=f"header: found unknown column '{column}'"):
            load(
                *FRAMES, images=[f"{row}," for row in IMAGES], image_columns=f"image_id,patient_id,path,label,{column}"
            )
