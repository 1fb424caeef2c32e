"""Entries of given classifiers: what planning a study accepts, and the line for each mistake."""

import pytest
from study_project import tiny_config, tiny_sheet

from echoshift.classifiers.interface.model_formats import FROM_PYTORCH
from echoshift.errors import EchoShiftError
from echoshift.study import load_study

ENTRY = {
    "kind": "given",
    "model": "m.onnx",
    "input": {"numbers": "0..1"},
    "output": {"gives": "logits", "positive": "fatty"},
}
OUTPUT = {"gives": "score", "positive": "fatty", "threshold": 30}
SERVER = {"url": "https://somewhere/v2/models/mine"}
FULL = {"numbers": "0..1", "size": [8, 8], "channels": 1, "layout": "nhwc"}


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Load a study with one given classifier, in a folder with a few empty files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "frames.csv").write_text(tiny_sheet("frame", 4))
    (tmp_path / "judge.py").touch()
    (tmp_path / "all.txt").write_text("".join(f"Pframe{i}\n" for i in range(9)))
    for name in ("m.onnx", "m.keras", "weights.txt", "m.xml", "m.bin"):
        (tmp_path / name).touch()
    (tmp_path / "saved/variables").mkdir(parents=True)
    (tmp_path / "saved/saved_model.pb").touch()
    (tmp_path / "saved/variables/variables.index").touch()

    def loaded(**entry):
        config = tiny_config() | {
            "classifiers": {"mine": {"kind": "given", **entry}},
            "predictor": entry.pop("top", None),
        }
        config["classifiers"]["mine"].pop("top", None)
        del config["cohorts"]["images"]
        return load_study(config)

    return loaded


def test_every_frame_is_judged_by_the_one_model(load):
    study = load(**ENTRY)
    assert set(study.folds["mine"].values()) == {"all"}
    entry = study.config.classifiers["mine"]
    assert (entry.protocol, entry.learns, study.predictor("mine").engine) == ("given", False, "openvino")


@pytest.mark.parametrize(
    ("entry", "engines", "confirming", "files"),
    [
        (ENTRY | {"model": "m.keras"}, ("openvino", "tensorflow"), "tensorflow", ["m.keras"]),
        (
            ENTRY | {"model": "saved"},
            ("openvino", "saved_model"),
            "saved_model",
            ["saved/saved_model.pb", "saved/variables/variables.index"],
        ),
        (ENTRY | {"model": "m.xml"}, ("openvino",), "openvino", ["m.xml", "m.bin"]),
        ({"function": "judge:mean", "output": OUTPUT}, ("function",), "function", ["./judge.py", "judge.py"]),
        (
            {"function": "elsewhere:mean", "output": OUTPUT, "files": ["weights.txt"]},
            ("function",),
            "function",
            ["weights.txt"],
        ),
        ({"server": SERVER, "output": ENTRY["output"], "input": FULL}, ("server",), "server", []),
    ],
)
def test_engines_and_files_follow_from_the_model(load, entry, engines, confirming, files):
    found = load(**entry).config.classifiers["mine"]
    assert (found.engines(), found.confirmed_by.engine) == (engines, confirming)
    assert set(found.user_files(".").values()) <= set(files) and len(found.user_files(".")) in (len(files), 1)


def test_an_entrys_predictor_precedes_that_of_the_top_level(load):
    gpu = {"engine": "tensorflow"}
    assert load(**ENTRY | {"model": "m.keras"}, top=gpu).predictor("mine").engine == "tensorflow"
    assert (
        load(**ENTRY | {"model": "m.keras"}, predictor={"engine": "openvino"}, top=gpu).predictor("mine").engine
        == "openvino"
    )


KNOWN = "a .keras, .onnx, .tflite or OpenVINO .xml file, or a SavedModel folder"


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (
            ENTRY | {"model": "m.h5"},
            f"model: found 'm.h5', expected {KNOWN}; give keras.saving.load_model(...).save('model.keras')",
        ),
        (
            ENTRY | {"model": "m.pt"},
            f"model: found 'm.pt', expected {KNOWN}; give {FROM_PYTORCH}",
        ),
        (
            ENTRY | {"model": "m.pth"},
            f"model: found 'm.pth', expected {KNOWN}; give {FROM_PYTORCH}",
        ),
        (
            ENTRY | {"model": "m.pkl"},
            f"model: found 'm.pkl', expected {KNOWN}; give `function: module:name`, a Python function that loads it itself",
        ),
        (
            ENTRY | {"model": "m.pb"},
            f"model: found 'm.pb', expected {KNOWN}; give the folder that contains saved_model.pb",
        ),
        (ENTRY | {"model": "m.txt"}, f"model: found 'm.txt', expected {KNOWN}"),
        (ENTRY | {"model": "other.onnx"}, "model: file 'other.onnx' not found"),
        (ENTRY | {"model": "nowhere"}, "model: file 'nowhere/saved_model.pb' not found"),
        (ENTRY | {"function": "judge:mean"}, "expected one of model, function and server, not model and function"),
        ({"output": OUTPUT}, "expected one of model, function and server, not none"),
        ({"function": "judge.mean", "output": OUTPUT}, "function: found 'judge.mean', expected"),
        ({"model": "m.onnx", "output": OUTPUT}, "expected `input:` with model"),
        (ENTRY | {"files": ["weights.txt"]}, "expected `files:` with function only"),
        ({"function": "judge:mean", "output": OUTPUT, "files": ["lost.txt"]}, "files.0: file 'lost.txt' not found"),
        (
            {"server": SERVER, "output": OUTPUT, "input": {"numbers": "0..1"}},
            "expected size, channels and layout in `input:` with server",
        ),
        (
            {"server": {"url": "ftp://x"}, "output": OUTPUT, "input": FULL},
            "server.url: found 'ftp://x', expected an address that begins with http:// or https://",
        ),
        (
            {"server": {"url": "https://me:secret@x"}, "output": OUTPUT, "input": FULL},
            "expected an address without a password: `token` names an environment variable",
        ),
        (ENTRY | {"protocol": "train_once"}, "protocol: found 'train_once', expected 'given'"),
        (
            ENTRY | {"output": {"gives": "logits", "positive": "ill"}},
            "output.positive: found 'ill', expected classes of the study: healthy, fatty",
        ),
        (
            ENTRY | {"predictor": {"engine": "tensorflow"}},
            "predictor.engine: found 'tensorflow', expected one that reads models of kind given (classifiers.mine): openvino, onnxruntime",
        ),
        (
            ENTRY | {"trained_on": "lost.txt"},
            "trained_on: found 'lost.txt', which cannot be read (No such file or directory), expected a file",
        ),
        (
            ENTRY | {"trained_on": "weights.txt"},
            "trained_on: found no patient in 'weights.txt', expected patient ids, one per line",
        ),
        (ENTRY | {"trained_on": "all.txt"}, "trained_on: found every patient of frames.csv, expected others"),
        (
            ENTRY | {"input": {"numbers": "0..2"}},
            "input.numbers: found '0..2', expected one of 0..255, 0..1, -1..1, imagenet, or scale, mean and std",
        ),
        (
            ENTRY | {"input": {"numbers": "0..1", "fit": "squeeze"}},
            "input.fit: found 'squeeze', expected 'pad', 'stretch' or 'crop'",
        ),
    ],
)
def test_a_mistake_is_told_in_one_line(load, entry, complaint):
    with pytest.raises(EchoShiftError) as error:
        load(**entry)
    assert str(error.value).startswith("config.yaml: classifiers.mine") and "\n" not in str(error.value)
    assert complaint in str(error.value)


def test_an_entry_that_is_trained_here_has_no_given_protocol(load):
    with pytest.raises(
        EchoShiftError, match=r"classifiers\.mine: found .*, expected a protocol of training, not given"
    ):
        load(kind="transfer_learned", protocol="given")
