"""A record that disagrees with its input is rejected in one line that names it."""

import re
import shutil

import pytest
from PIL import Image

from echoshift.classifiers.backbones.features import Features
from echoshift.errors import EchoShiftError
from echoshift.formats.images import read_image
from echoshift.lineage.study import write_lineage
from echoshift.storage.png import write_png
from provenance.test_crate import redraw
from summary.fake_study import edited

LIE = "0" * 64
DIGESTS = r"found digest [0-9a-f]{12}, expected [0-9a-f]{12} as in .*; repair: rm -r results/\S+ and run again$"


def set_in(path, *keys, value=LIE):
    with edited(path) as inner:
        for key in keys[:-1]:
            inner = inner[key]
        assert inner[keys[-1]] != value
        inner[keys[-1]] = value


STORE = "reconstructions/F1/reconstruction.zarr/zarr.json"
FOLD = "classifiers/folded/folds/1/record.json"
EVALUATION = "classifiers/folded/evaluation.json"
ATTACK = "attacks/once/control/F2/record.json"
CONFIRMED = "classifiers/once/confirmed.json"
SUMMARY = "summary/record.json"


@pytest.mark.parametrize(
    ("record", "keys", "named"),
    [
        (STORE, ("attributes", "inputs", "frame"), "frame F1: inputs.frame"),
        (STORE, ("attributes", "digest"), "frame F1: digest"),
        (STORE, ("attributes", "image_digest"), "item frames/F1: image_digest"),
        (FOLD, ("digest",), "classifier folded, fold 1: digest"),
        (FOLD, ("inputs", "table"), "classifier folded, fold 1: inputs.table"),
        (FOLD, ("inputs", "features"), "classifier folded, fold 1: inputs.features"),
        (EVALUATION, ("inputs", "table"), "classifier folded: inputs.table"),
        (EVALUATION, ("inputs", "reconstructions", "F3"), "frame F3: inputs.reconstructions"),
        (EVALUATION, ("predictors", "1", "digest"), "predictors.1: the model's digest"),
        (EVALUATION, ("outputs", "predictions.csv"), "classifier folded: outputs.predictions.csv"),
        (ATTACK, ("inputs", "reconstruction"), "control/F2/record.json: frame F2: inputs.reconstruction"),
        (ATTACK, ("inputs", "model"), "control/F2/record.json: frame F2: the model's digest"),
        (ATTACK, ("predictor", "digest"), "control/F2/record.json: frame F2: the model's digest"),
        (CONFIRMED, ("inputs", "attacked"), "classifier once: inputs.attacked"),
        (CONFIRMED, ("inputs", "frames"), "classifier once: inputs.frames"),
        (CONFIRMED, ("predictors", "all", "digest"), "once/confirmed.json: predictors.all: the model's digest"),
        (CONFIRMED, ("flips", 0, "inputs", "record"), "once/confirmed.json: attack descent, frame F1: inputs.record"),
        (CONFIRMED, ("flips", 1, "inputs", "frame"), "once/confirmed.json: attack descent, frame F3: inputs.frame"),
        (SUMMARY, ("inputs", "files", "selected.csv"), "inputs: selected.csv"),
        (SUMMARY, ("inputs", "files", CONFIRMED), f"inputs: {CONFIRMED}"),
        (SUMMARY, ("inputs", "attacks", "once/descent"), "once/descent: inputs.attacks"),
    ],
)
def test_a_wrong_digest(study, record, keys, named):
    set_in(study / record, *keys)
    refused(study, re.escape(named) + ": " + DIGESTS)


def refused(study, pattern):
    with pytest.raises(EchoShiftError, match=pattern) as error:
        write_lineage(study, study / "provenance.json")
    assert "\n" not in str(error.value)
    assert not (study / "provenance.json").exists()
    return str(error.value)


@pytest.mark.parametrize(
    ("record", "keys", "made"),
    [
        (STORE, ("attributes", "inputs", "frame"), "reconstructions/F1"),
        (FOLD, ("digest",), "classifiers/folded/folds/1"),
        (EVALUATION, ("inputs", "table"), EVALUATION),
        (ATTACK, ("fold",), "attacks/once/control/F2"),
        (CONFIRMED, ("inputs", "attacked"), CONFIRMED),
        (SUMMARY, ("inputs", "files", "selected.csv"), "summary"),
    ],
)
def test_the_repair_command(study, record, keys, made):
    set_in(study / record, *keys)
    line = refused(study, "found .*, expected ")
    assert line.endswith(f"; repair: rm -r results/{made} and run again") and (study / made).exists()


def test_features_of_an_earlier_study_with_weights_elsewhere(study):
    frames = "features/efficientnet_lite0_32/frames.npz"
    earlier = study / "features/an_earlier_one"  # sorts first
    shutil.copytree((study / frames).parent, earlier)
    found = Features.open(study / frames)
    found.select(found.item_id[:1]).save(earlier / "frames.npz")
    write_lineage(study, study / "provenance.json")
    assert frames in (study / "provenance.json").read_text()


def test_another_recording_under_the_same_name(study):
    shutil.copy(study / "simulated/frames/F0.h5", study / "simulated/frames/F2.h5")
    refused(study, f"frame F2: inputs.frame: {DIGESTS}")


def test_another_image_under_the_same_name(study):
    path = study / "simulated/images/I1.png"
    write_png(path, read_image(path) + 9, {"label": 0, "seed": 1, "lines": 32, "samples": 64, "echoshift_version": "0"})
    refused(study, f"images.npz: item images/I1: image_digest: {DIGESTS}")


def test_features_that_were_computed_again(study):
    path = study / "features/efficientnet_lite0_32/frames.npz"
    found = Features.open(path)
    Features(found.item_id, found.values + 1, found.image_digest, found.record).save(path)
    refused(study, rf"classifier folded, fold 0: inputs.features: {DIGESTS}")


def test_features_of_another_backbone_are_not_used(study):
    set_in(study / FOLD, "settings", "input_size", value=64)
    refused(study, r"fold 1: inputs.features: found digest \w+, expected none as in results/features")


def test_a_model_trained_again(study):
    (study / "classifiers/once/folds/all/digest.txt").write_text("1" * 64 + "\n")
    refused(study, f"classifier once, fold all: digest: {DIGESTS}")


def test_an_attack_of_another_fold(study):
    set_in(study / "attacks/folded/descent/F2/record.json", "fold", value="1")
    refused(study, "frame F2: fold: found 1, expected 0 as in classifiers/folded/attacked.csv")


def test_an_unconfirmed_flip_and_a_confirmed_one_that_is_no_flip(study):
    path = study / CONFIRMED
    with edited(path) as content:
        flip = content["flips"].pop(0)
    refused(study, r"attack descent, frame F1: inputs.record: found digest none, expected \w{12} as in")
    with edited(path) as content:
        content["flips"] += [flip, {**flip, "frame_id": "F2"}]
    refused(study, r"attack descent, frame F2: inputs.record: found digest \w{12}, expected none as in")


def test_a_selection_that_does_not_match_the_predictions(study):
    path = study / "selected.csv"
    path.write_text(path.read_text().replace("once,F3,all,1\n", ""))
    refused(study, r"selected.csv: classifier once, frame F3: found 7 rows, expected 8, one per")


def test_a_figure_of_other_tables_or_pictures(study):
    path = study / "figures/paths/once/control.png"
    redraw(path, lambda about: about["inputs"]["files"].update({"summary/frames.csv": LIE}))
    refused(study, f"paths/once/control.png: inputs: summary/frames.csv: {DIGESTS}")
    shutil.copy(study / "figures/roc.png", path)
    redraw(study / "figures/cohorts.png", lambda about: about["inputs"]["pictures"].update({"frames/F0": LIE}))
    refused(study, f"cohorts.png: inputs.pictures: frames/F0: {DIGESTS}")


def test_a_record_of_an_older_version(study):
    with edited(study / EVALUATION) as record:
        del record["outputs"]
    refused(study, r"^results: found a record without 'outputs', expected records of echoshift")


def test_a_page_of_other_tables_or_without_a_record(study):
    page = study / "study.html"
    [digest] = [text for text in page.read_text().split('"') if len(text) == 64]
    page.write_text(page.read_text().replace(digest, LIE))
    refused(study, f"study.html: inputs: summary/frames.csv: {DIGESTS}")
    page.write_text("<html></html>")
    refused(study, "study.html: found no record, expected a page with its record")


def test_a_figure_without_a_record(study):
    Image.new("L", (16, 16)).save(study / "figures/roc.png")
    refused(study, "figures/roc.png: found no record, expected an image")
