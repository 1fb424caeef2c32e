"""What the copies of a training recording are drawn from, by `augment`: boxes of frames, of pictures and of further images."""

import numpy as np
import pytest
from PIL import Image

from echoshift.errors import EchoShiftError
from echoshift.study import load_study

TRAINING = {"backbone": "efficientnet_lite0", "seed": 1}
RECORDED = {"alpha_l": 0, "alpha_u": 60, "beta": 0.9, "center_frequency": 2.5e6, "pixel_size": 4e-4}
WALK = {"walk": {"method": "sign_descent"}}


@pytest.fixture
def load(tmp_path):
    """Load a study of two frames, RF or pictures, and two further images, whose only classifier is augmented."""

    def loaded(attacks=WALK, settings=None, pictures=False, columns="", cells="", **more):
        for name in ("A", "B", "I1", "I2"):
            Image.fromarray(np.arange(32 * 32, dtype=np.uint8).reshape(32, 32)).save(tmp_path / f"{name}.png")
        paths = ["A.png", "B.png"] if pictures else ["simulated/frames/A.h5", "simulated/frames/B.h5"]
        rows = [f"{name},P{name},{path},{i}{cells}" for i, (name, path) in enumerate(zip("AB", paths, strict=True))]
        (tmp_path / "frames.csv").write_text("\n".join([f"frame_id,patient_id,path,label{columns}", *rows]) + "\n")
        (tmp_path / "images.csv").write_text("image_id,patient_id,path,label\nI1,PI1,I1.png,0\nI2,PI2,I2.png,1\n")
        augment = {"defence": "augment"} | ({"settings": settings} if settings else {})
        config = {
            "cohorts": {name: str(tmp_path / f"{name}.csv") for name in ("frames", "images")},
            "classifiers": {"one": {"protocol": "train_once", "training": TRAINING, "defences": [augment]}},
            "attacks": attacks,
            **({"recorded": RECORDED} if pictures else {}),
            **more,
        }
        return load_study(config, str(tmp_path / "config.yaml"), folder=str(tmp_path))

    return loaded


def box(study, name):
    """Bounds of what is drawn, and the initial settings."""
    recording = study.images.get(name) or study.frames[name]
    copied = study.copied(study.config.classifiers["one"].defences[0], recording)
    assert set(copied.low) == set(copied.high) <= {*copied.initial, *copied.low}
    return {setting: (copied.low[setting], copied.high[setting]) for setting in copied.low}, copied.initial


def test_by_default_copies_are_drawn_from_the_boxes_of_all_attacks_together(load):
    attacks = {
        "walk": {"method": "sign_descent", "settings": {"alpha_l": {"min": 8}, "alpha_u": {"max": 58}}},
        "noise": {"method": "random_search", "settings": {"alpha_l": {"max": 11}, "gamma": {"min": 0.8}}},
        "all": {"method": "random_search", "settings": {"beta": {}}, "on_request": True},
    }
    drawn, initial = box(load(attacks), "A")
    assert drawn == {"alpha_l": (5, 15), "alpha_u": (50, 58), "gamma": (0.8, 2), "beta": (0.5, 1.3)}
    assert initial == {"beta": 0.9, "alpha_l": 10, "alpha_u": 55}
    narrow = {"walk": attacks["walk"] | {"settings": {"alpha_l": {"min": 8, "max": 12}}}}
    assert box(load(narrow), "A")[0] == {"alpha_l": (8, 12)}
    assert box(load(attacks, settings={"beta": {"min": 0.7}}), "A")[0] == {"beta": (0.7, 1.3)}


def test_a_frames_own_bounds_and_initial_settings_are_kept_to(load):
    study = load(columns=",beta,beta_max,alpha_l_min,alpha_u", cells=",0.8,1.0,9,57")
    drawn, initial = box(study, "A")
    assert drawn == {"beta": (0.5, 1.0), "alpha_l": (9, 15), "alpha_u": (50, 60)}
    assert initial == {"beta": 0.8, "alpha_l": 10, "alpha_u": 57}
    assert box(study, "I1")[1] == {"alpha_l": 10, "alpha_u": 55}


def test_images_are_moved_by_what_needs_no_echoes(load):
    moved = {name: {} for name in ("beta", "alpha_l", "sound_speed_ratio", "gamma", "tgc_3")}
    study = load({"walk": {"method": "sign_descent", "settings": moved}})
    assert set(box(study, "A")[0]) == set(moved)
    drawn, initial = box(study, "I1")
    assert drawn == {"alpha_l": (5, 15), "tgc_3": (-6, 6), "gamma": (0.5, 2)}
    assert initial == {"alpha_l": 10, "alpha_u": 55} and box(study, "I2") == (drawn, initial)
    unmoved = load({"walk": {"method": "sign_descent", "settings": {"beta": {}}}})
    assert box(unmoved, "I1") == ({}, initial)


def test_on_images_beside_pictures_bounds_are_offsets_too(load):
    attacks = {"walk": {"method": "sign_descent", "settings": {"alpha_l": {"min": -2, "max": 3}, "alpha_u": {}}}}
    initial = {"alpha_l": 20, "alpha_u": 70}
    study = load(attacks, pictures=True, reconstruction={"settings": initial})
    assert box(study, "A")[0] == {"alpha_l": (-2, 3), "alpha_u": (55, 65)}
    assert box(study, "I1") == ({"alpha_l": (18, 23), "alpha_u": (65, 75)}, initial)


def test_a_box_without_the_initial_settings_is_refused_in_one_line(load):
    wrong = {"alpha_l": {"min": 12}}
    with pytest.raises(EchoShiftError, match=r"classifiers.one.defences.settings.alpha_l: found initial value 10"):
        load(settings=wrong)
    sheet = {"columns": ",alpha_l,alpha_l_min", "cells": ",13,12"}
    with pytest.raises(EchoShiftError, match=r"outside the bounds \[12, 15\] dB of augment of one on further images"):
        load(settings=wrong, **sheet)
    crossing = {"alpha_l": {"max": 56}}
    with pytest.raises(EchoShiftError, match="alpha_l up to 56 dB and alpha_u down to 55 dB for augment of one"):
        load(settings=crossing)


@pytest.mark.parametrize("wrong", [{"augment": {"copies": 8}}, {"copies": 8}])
def test_options_without_the_name_are_refused(load, wrong):
    entry = {"protocol": "train_once", "training": {}, "defences": [wrong]}
    with pytest.raises(
        EchoShiftError, match=r"defences.0: found .*, expected a name, or { defence: NAME, OPTION: VALUE }"
    ):
        load(classifiers={"grain": entry})


def test_regions_that_no_training_item_has_are_refused(load):
    entry = {"kind": "texture", "protocol": "first_cohort", "texture": {"features": ["cnr"]}}
    with pytest.raises(EchoShiftError, match=r"grain.protocol: found first_cohort, .* texture needs liver and cortex"):
        load(classifiers={"grain": entry})
    entry = {"kind": "texture", "protocol": "train_once", "texture": {"region": "lesion"}}
    with pytest.raises(
        EchoShiftError, match=r"grain.texture: found the regions lesion and pictures alone, expected rec"
    ):
        load(pictures=True, classifiers={"grain": entry})


@pytest.mark.parametrize("defence", ["canonical", "augment", "average"])
def test_a_texture_classifier_takes_no_defence(load, tmp_path, defence):
    entry = {"kind": "texture", "protocol": "train_once", "defences": [defence]}
    with pytest.raises(EchoShiftError) as refused:
        load(classifiers={"grain": entry})
    assert str(refused.value) == (
        f"{tmp_path}/config.yaml: classifiers.grain.defences: found {defence!r}, expected none: models of kind texture have no defences"
    )
