"""Pictures among the frames of a study: what they were made with, their bounds, and what cannot be moved on them."""

import numpy as np
import pytest
import yaml
from PIL import Image

from echoshift.errors import EchoShiftError
from echoshift.study import Study, load_study

CLASSIFIER = {"protocol": "train_once", "training": {"backbone": "efficientnet_lite0", "seed": 1}}
RECORDED = {"alpha_l": 10, "alpha_u": 55, "beta": 0.9, "center_frequency": 2.5e6, "pixel_size": 4e-4}


@pytest.fixture
def study(tmp_path):
    """Load a study of two pictures."""

    def load(attack=None, recorded=RECORDED, columns="", cells="", **more):
        (tmp_path / "pictures").mkdir(exist_ok=True)
        for name in ("A", "B"):
            Image.fromarray(np.arange(32 * 32, dtype=np.uint8).reshape(32, 32)).save(tmp_path / f"pictures/{name}.png")
        rows = [f"{name},P{name},pictures/{name}.png,{i}{cells}" for i, name in enumerate(("A", "B"))]
        (tmp_path / "frames.csv").write_text("\n".join([f"frame_id,patient_id,path,label{columns}", *rows]) + "\n")
        config = {
            "cohorts": {"frames": str(tmp_path / "frames.csv")},
            "classifiers": {"one": CLASSIFIER},
            "attacks": {"walk": {"method": "sign_descent"} | (attack or {})},
            **more,
        }
        return load_study(config | ({"recorded": recorded} if recorded else {}), folder=str(tmp_path))

    return load


def bounds(study, frame="A", attack="walk"):
    return {axis.name: (axis.low, axis.initial, axis.high) for axis in study.search(attack, frame).axes}


def test_bounds_are_offsets_from_what_the_picture_was_made_with(study, tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures/B.png.yaml").write_text(yaml.safe_dump({"alpha_l": 0, "alpha_u": 60, "beta": 0.5}))
    loaded = study()
    assert bounds(loaded) == {"beta": (0.5, 0.9, 1.3), "alpha_l": (5, 10, 15), "alpha_u": (50, 55, 60)}
    assert bounds(loaded, "B") == {"beta": (0.1, 0.5, 0.9), "alpha_l": (-5, 0, 5), "alpha_u": (55, 60, 65)}
    assert loaded.initial("B") == {"beta": 0.5, "alpha_l": 0, "alpha_u": 60}


def test_offsets_and_values_can_be_stated(study):
    offsets = {"settings": {"alpha_l": {"min": -2, "max": 3}, "gain": {}, "gamma": {"max": 2}}}
    # The others start neutral on every picture: their bounds are values, as on RF.
    assert bounds(study(offsets)) == {"alpha_l": (8, 10, 13), "gain": (-5, 0, 5), "gamma": (0.5, 1, 2)}
    all_of_them = {"relative": True, "settings": {"gamma": {"max": 2}, "smoothing": {"min": -1, "max": 1}}}
    assert bounds(study(all_of_them)) == {"gamma": (0.5, 1, 3), "smoothing": (0, 0, 1)}
    values = {"relative": False, "settings": {"alpha_l": {"min": 9, "max": 12}}}
    assert bounds(study(values)) == {"alpha_l": (9, 10, 12)}
    with pytest.raises(
        EchoShiftError, match=r"outside the bounds .* \(on pictures, its bounds are offsets unless relative"
    ):
        study({"settings": {"beta": {"min": 0.5, "max": 1.3}}})


def test_thresholds_of_a_narrow_window_stay_apart(study):
    found = bounds(study(recorded=RECORDED | {"alpha_l": 10, "alpha_u": 16}))
    assert found["alpha_l"] == (5, 10, 12) and found["alpha_u"] == (14, 16, 21)


def test_a_row_says_what_its_picture_was_made_with(study):
    assert bounds(study(columns=",alpha_l,alpha_u", cells=",2,42"))["alpha_u"] == (37, 42, 47)
    with pytest.raises(EchoShiftError, match="gamma: found an initial value for a picture, expected none"):
        study(columns=",gamma", cells=",1.5")


def test_an_unknown_window_must_be_assumed_aloud(study):
    with pytest.raises(EchoShiftError, match="nothing that says which are black and white"):
        study({"settings": {"alpha_l": {}}}, recorded=None)
    loaded = study({"settings": {"alpha_l": {}}}, recorded={"assume": {"dynamic_range": 60}})
    assert loaded.initial("A") == {"beta": 0, "alpha_l": 0, "alpha_u": 60}
    again = Study.from_json(loaded.to_json())
    assert again.frames["A"].made_with.assume.dynamic_range == 60 and again.search("walk", "A") == loaded.search(
        "walk", "A"
    )


@pytest.mark.parametrize(
    ("recorded", "section", "expected"),
    [
        ({"dynamic_range": 60}, {}, "attacks.walk.settings.beta: found grey levels, .*center_frequency and pixel_size"),
        ({"dynamic_range": 60, "center_frequency": 3e6}, {}, "expected pixel_size in its side-car or in recorded"),
        (RECORDED, {"attack": {"settings": {"sound_speed_ratio": {}}}}, "expected RF: it acts before detection"),
        (
            {"dynamic_range": 60},
            {
                "attack": {"settings": {"gain": {}}},
                "accidental": {"settings": {"beta": {}}, "spreads": {"some": {"uniform": 0.5}}},
            },
            "accidental.settings.beta: found grey levels",
        ),
    ],
)
def test_what_cannot_be_moved_is_refused_with_what_to_declare(study, recorded, section, expected):
    with pytest.raises(EchoShiftError, match=expected) as caught:
        study(recorded=recorded, **section)
    assert "\n" not in str(caught.value)


def test_the_same_offsets_on_request_for_rf(tmp_path):
    (tmp_path / "frames.csv").write_text(
        "frame_id,patient_id,path,label,alpha_u\nF1,P1,simulated/frames/F1.h5,0,57\nF2,P2,simulated/frames/F2.h5,1,\n"
    )
    config = {
        "cohorts": {"frames": str(tmp_path / "frames.csv")},
        "classifiers": {"one": CLASSIFIER},
        "attacks": {"walk": {"method": "sign_descent", "relative": True, "settings": {"alpha_u": {"max": 2}}}},
    }
    loaded = load_study(config)
    assert bounds(loaded, "F1")["alpha_u"] == (52, 57, 59) and bounds(loaded, "F2")["alpha_u"] == (50, 55, 57)
