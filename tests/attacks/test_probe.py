"""`echoshift probe` with a classifier that uses only brightness."""

import json
import subprocess
import sys

import pytest
import yaml
from brightness import Brightness
from methods import BUDGETED

from common import speckle_frame
from echoshift import ReconstructionPlan
from echoshift.cli.main import app
from echoshift.formats import open_frame
from echoshift.reconstruction.envelope import envelope
from given_models import onnx_model
from probes import PAPER

SHAPE = (64, 64)


@pytest.fixture
def recording(tmp_path):
    speckle_frame().save(tmp_path / "R.h5")
    return tmp_path / "R.h5"


@pytest.fixture
def probe(recording, monkeypatch, capsys):
    """Probe the recording with a threshold `above` its initial brightness. Returns the output and the record."""

    def run(above, *arguments):
        grey = ReconstructionPlan(open_frame(recording), SHAPE).render(PAPER).mean()
        predictor = Brightness(grey + above)
        monkeypatch.setattr("echoshift.classifiers.predictors.open_predictor", lambda settings, model: predictor)
        model = recording.with_name("fold")
        model.mkdir(exist_ok=True)
        (model / "digest.txt").touch()
        folder = recording.parent / f"probe{len(list(recording.parent.glob('probe*')))}"
        command = [
            "probe",
            str(recording),
            "--model",
            str(model),
            "--shape",
            *map(str, SHAPE),
            "-o",
            str(folder),
            *arguments,
        ]
        with pytest.raises(SystemExit) as end:
            app(command)
        shown = capsys.readouterr()
        if end.value.code:
            assert not folder.exists()
            return shown.err, None
        record = json.loads((folder / "record.json").read_text())
        assert (folder / "trajectory.zarr").is_dir()
        return shown.out, record

    return run


def test_an_envelope_is_probed_as_the_rf_that_it_is_of(probe, recording):
    of_rf = probe(3.0)[1]
    envelope(open_frame(recording)).save(recording)
    of_envelope = probe(3.0)[1]
    assert of_rf["outcome"] == of_envelope["outcome"] == "flipped"
    assert of_rf["final_settings"] == of_envelope["final_settings"] and of_rf["queries"] == of_envelope["queries"]


@pytest.mark.parametrize(("above", "label", "word"), [(3.0, 0, "dark"), (-3.0, 1, "bright")])
@pytest.mark.parametrize("method", ["sign_descent", "random_search"])
def test_it_finds_where_the_answer_changes(probe, recording, above, label, word, method):
    out, record = probe(above, "--method", method, "--classes", "dark,bright")
    assert (record["label"], record["label_source"], record["outcome"]) == (label, "answer", "flipped")
    assert record["initial_settings"] == PAPER
    plan = ReconstructionPlan(open_frame(recording), SHAPE)
    grey = [plan.render(record[f"{end}_settings"]).mean() for end in ("initial", "final")]
    threshold = grey[0] + above
    assert (grey[0] >= threshold) == bool(label) != (grey[1] >= threshold)
    first, second, *_ = out.splitlines()
    assert f"R.h5: {word}, P(bright) " in first and "beta 0.9 dB/(cm MHz), alpha_l 10 dB, alpha_u 55 dB" in first
    assert second.startswith(f"answer changed after {record['queries']} queries ({method})")
    assert f"beta {record['final_settings']['beta']:g} " in second
    bounds = [(axis["name"], axis["low"], axis["high"]) for axis in record["search"]["axes"]]
    assert bounds == [("beta", 0.5, 1.3), ("alpha_l", 5.0, 15.0), ("alpha_u", 50.0, 60.0)]


def test_it_says_where_nothing_changes(probe):
    out, record = probe(-300.0)
    assert record["outcome"] == "at_bounds"
    assert "R.h5: label 1, P(label 1) 1.000, at " in out
    assert "answer not changed within the box: all settings are at their bounds after" in out
    out, record = probe(-300.0, "--method", "random_search", "--max-queries", "5")
    assert (record["outcome"], record["queries"]) == ("exhausted", 5)
    assert "query budget spent after 5 queries" in out


def test_options_reach_the_reconstruction(probe, recording):
    side = recording.with_name("side.yaml")
    side.write_text(yaml.safe_dump({"center_frequency": 3e6}))
    _, plain = probe(-300.0, "--max-queries", "1")
    _, level = probe(-300.0, "--max-queries", "1", "--reference-level", "6")
    _, beta = probe(-300.0, "--max-queries", "1", "--beta", "1.1")
    _, other = probe(-300.0, "--max-queries", "1", "--sidecar", str(side))
    assert level["reference_level"] == 6 and level["initial_logit"] < plain["initial_logit"]
    assert beta["initial_settings"]["beta"] == 1.1 and beta["initial_logit"] > plain["initial_logit"]
    assert other["initial_logit"] > plain["initial_logit"] and {"frame", "sidecar", "model"} <= set(other["inputs"])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--alpha-u", "70"), "alpha_u: found 70, expected 50 to 60 dB (the searched box)"),
        (("--beta", "nan"), "beta: found nan, expected 0.5 to 1.3 dB/(cm MHz)"),
        (("--sidecar", "nowhere.yaml"), "nowhere.yaml: file not found"),
        (("--classes", "a,a"), "--classes: found 'a,a', expected different names: NAME,NAME,..."),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(probe, arguments, complaint):
    err, _ = probe(3.0, *arguments)
    assert complaint in err and err.startswith("echoshift: error: ") and err.count("\n") == 1


GIVEN = ("--numbers", "imagenet", "--gives", "logits", "--size", "32,32", "--fit", "stretch")


def probe_given(recording, model, *arguments):
    """Exit status, output and record of probing a recording with a given model."""
    folder = recording.with_name("out")
    command = ["probe", str(recording), "--model", str(model), "--shape", "64", "64", "-o", str(folder), *arguments]
    done = subprocess.run(
        [sys.executable, "-m", "echoshift", *command], cwd=recording.parent, capture_output=True, text=True, check=False
    )
    assert folder.exists() == (not done.returncode)
    return (done.stderr if done.returncode else done.stdout), folder


@pytest.mark.parametrize("method", BUDGETED)
def test_a_given_model_is_probed_by_every_search(recording, method):
    path = onnx_model(recording.with_name("m.onnx"))
    out, folder = probe_given(
        recording, path, *GIVEN, "--classes", "dark,bright", "--method", method, "--max-queries", "9"
    )
    record = json.loads((folder / "record.json").read_text())
    assert record["predictor"]["engine"] == "openvino" and record["queries"] <= 9
    turned, _ = probe_given(
        recording, path, *GIVEN, "--classes", "bright,dark", "--method", method, "--max-queries", "9"
    )
    words = [next(word for word in ("dark", "bright") if f"R.h5: {word}," in text) for text in (out, turned)]
    assert sorted(words) == ["bright", "dark"]


def test_a_function_is_probed(recording):
    recording.with_name("judge.py").write_text("def mean(pictures):\n    return pictures.mean(axis=(1, 2))\n")
    options = ("--classes", "dark,bright", "--gives", "score", "--positive", "bright", "--threshold", "1")
    out, folder = probe_given(recording, "judge:mean", *options)
    assert "R.h5: bright, score " in out and " from the threshold, at beta 0.9" in out
    assert json.loads((folder / "record.json").read_text())["predictor"]["engine"] == "function"


def test_a_function_is_probed_on_the_whole_lattice_or_not_at_all(recording):
    recording.with_name("judge.py").write_text("def mean(pictures):\n    return pictures.mean(axis=(1, 2))\n")
    options = ("--classes", "dark,bright", "--gives", "score", "--positive", "bright", "--threshold", "1")
    out, _ = probe_given(recording, "judge:mean", *options, "--method", "lattice")
    assert "lattice: found a lattice of 17 x 21 x 21 = 7497 points, expected at most 105 (max_queries)" in out
    _, folder = probe_given(recording, "judge:mean", *options, "--method", "lattice", "--max-queries", "7497")
    assert json.loads((folder / "record.json").read_text())["field"]["asked"] == 7497
    assert (folder / "field.zarr/zarr.json").is_file()


@pytest.mark.parametrize(
    ("name", "arguments", "complaint"),
    [
        ("lost.onnx", GIVEN, "--model: found nothing at 'lost.onnx', expected the folder of a trained classifier, a .keras,"),
        ("m.onnx", GIVEN[2:], "m.onnx: input.numbers: found nothing, expected a value"),
        ("m.onnx", GIVEN[:2], "m.onnx: output.gives: found nothing, expected a value"),
        ("m.onnx", (*GIVEN, "--positive", "ill"), "m.onnx: output.positive: found 'ill', expected classes of the study: label 0"),
        ("m.onnx", (*GIVEN[:4], "--size", "40,40"), "m.onnx: input.size: found [40, 40], expected [32, 32] as in the file"),
    ],
)  # fmt: skip
def test_a_given_model_that_cannot_be_asked_costs_one_line(recording, name, arguments, complaint):
    onnx_model(recording.with_name("m.onnx"))
    err, _ = probe_given(recording, name, *arguments)
    assert err.startswith(f"echoshift: error: {complaint}") and err.count("\n") == 1
