"""Classifiers of RF lines: what they learn from planted attenuation, what they cannot, and what does not reach them."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import resample_poly
from sklearn.metrics import roc_auc_score

from classifiers.attenuated_lines import N_SAMPLES, attenuated_cohort, uniform_frame, write_frames
from classifiers.conftest import run_python
from common import speckle_frame
from echoshift import EnvelopeFrame, ReconstructionPlan
from echoshift.attacks.job import search_frame, write_attack
from echoshift.attacks.settings import default_search
from echoshift.classifiers.answers import answer
from echoshift.classifiers.predictors import for_recording, open_predictor, reads_recordings
from echoshift.classifiers.predictors.settings import ENGINES, PredictorSettings
from echoshift.classifiers.rf_lines.pieces import Lines
from echoshift.classifiers.rf_lines.settings import LinesTraining, PieceSettings
from echoshift.classifiers.rf_lines.training import train_lines
from echoshift.cli.main import app
from echoshift.errors import EchoShiftError
from echoshift.settings import PAPER, SETTINGS

ENGINE = PredictorSettings(engine="openvino_lines")
SMALL = LinesTraining(samples=512, line_step=1, pieces=32, epochs=8, learning_rate=0.003)
INITIAL = {name: SETTINGS[name].initial for name in PAPER}
SOFT, HARD = 0.5, 0.8
"""Attenuation of the two classes, dB/(cm MHz)."""


def trained(folder, attenuations, n=24, settings=SMALL, seed=1):
    table = write_frames(folder, *attenuated_cohort(n, attenuations, seed))
    train_lines(table, settings, folder / "model")
    return folder / "model"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Trained on frames that differ in attenuation alone."""
    return trained(tmp_path_factory.mktemp("planted"), (SOFT, HARD))


@pytest.fixture(scope="module")
def predictor(model):
    return open_predictor(ENGINE, model)


def scores_of(predictor, frames):
    return np.array([predictor.scores_of(frame) for frame in frames])


def test_planted_attenuation_is_learned(model, predictor):
    frames, labels = attenuated_cohort(30, (SOFT, HARD), 7)
    assert np.mean(answer(scores_of(predictor, frames)) == labels) > 0.95
    record = json.loads((model / "record.json").read_text())
    assert record["digest"] == predictor.digest == (model / "digest.txt").read_text().strip()
    assert record["n_items_of_class"] == [12, 12] and len(record["inputs"]["recordings"]) == 24
    assert record["kept"]["epoch"] > 1 and "further images have none" in record["trained_on"]
    assert predictor.describe()["engine"] == "openvino_lines" and predictor.describe()["threads"] == 1


def test_where_nothing_was_planted_nothing_is_learned(tmp_path):
    """Gain and speckle differ between all frames. If they told the classes apart, the training would have leaked them."""
    predictor = open_predictor(ENGINE, trained(tmp_path, (0.65, 0.65)))
    frames, labels = attenuated_cohort(40, (0.65, 0.65), 7)
    scores = scores_of(predictor, frames)[:, 1]
    assert 0.25 < roc_auc_score(labels, scores) < 0.75 and np.abs(scores).max() < 1


def test_the_level_tells_nothing_and_the_scanners_gain_is_removed(predictor):
    frame = uniform_frame(0.65, 3)
    (logit,) = predictor.scores_of(frame)[1:]
    louder = replace(frame, samples=64 * frame.samples, reference_level=12.0)
    assert predictor.scores_of(louder)[1] == logit
    offset = replace(frame, samples=frame.samples + np.float32(0.5 * frame.samples.std()))
    assert predictor.scores_of(offset)[1] == pytest.approx(logit, abs=1e-3)
    gain = np.linspace(0, 60, N_SAMPLES)
    applied = replace(frame, samples=(frame.samples * 10 ** (gain / 20)).astype(np.float32), applied_gain=gain)
    assert predictor.scores_of(applied)[1] == pytest.approx(logit, abs=1e-3)
    # A gain along depth that nobody tells looks like less attenuation.
    assert predictor.scores_of(replace(applied, applied_gain=None))[1] < logit - 0.1


def test_a_frames_score_is_the_mean_over_its_pieces(predictor):
    """Of 24 lines of the same number of pieces: the mean of those of its halves, in any order of the lines."""
    frame = uniform_frame(0.65, 4)

    def some(chosen):
        geometry = replace(frame.geometry, positions=frame.geometry.positions[: len(chosen)])
        return predictor.scores_of(replace(frame, samples=frame.samples[chosen], geometry=geometry))[1]

    lines = np.arange(24)
    whole = predictor.scores_of(frame)[1]
    assert whole == pytest.approx((some(lines[:12]) + some(lines[12:])) / 2, abs=1e-5)
    assert whole == pytest.approx(some(lines[::-1]), abs=1e-5)


def test_another_sampling_frequency_is_resampled(predictor):
    frame = uniform_frame(0.65, 5)
    finer = resample_poly(frame.samples.astype(np.float64), 3, 1, axis=1).astype(np.float32)
    twin = replace(frame, samples=finer, sampling_frequency=3 * frame.sampling_frequency)
    assert predictor.scores_of(twin)[1] == pytest.approx(predictor.scores_of(frame)[1], abs=0.05)


def test_pieces_are_those_of_the_lines():
    settings = PieceSettings(samples=512, step=128, line_step=8, compensation=0.0)
    frame = uniform_frame(0.65, 6)
    lines = Lines(frame, settings, frame.sampling_frequency)
    pieces = lines.all_pieces()
    starts = range(0, N_SAMPLES - 512 + 1, 128)
    expected = [frame.samples[line, start : start + 512] for line in (4, 12, 20) for start in starts]
    expected = [(own - own.mean()) / own.std() for own in np.array(expected, dtype=np.float64)]
    assert np.abs(pieces - expected).max() < 1e-5
    drawn = lines.drawn_pieces(50, np.random.default_rng(1))
    assert drawn.shape == (50, 512) and np.allclose(drawn.std(axis=1), 1, atol=1e-5)

    # The compensation is that of the settings, there and back: 2 * beta * f0 * depth.
    compensated = Lines(frame, settings.model_copy(update={"compensation": 0.7}), frame.sampling_frequency).all_pieces()
    decibels = 20 * np.log10(np.abs(compensated[0] / pieces[0]))
    depth_cm = 100 * np.arange(512) * 1540 / (2 * frame.sampling_frequency)
    fall = np.polyfit(depth_cm, decibels, 1)[0]
    assert fall == pytest.approx(2 * 0.7 * 2.5, rel=1e-3)


def test_no_setting_reaches_it_and_an_attack_asks_once(tmp_path, predictor):
    frame = uniform_frame(SOFT, 8)
    frame = replace(frame, reference_level=20 * np.log10(frame.samples.std()) - 30)
    frame.save(tmp_path / "R.h5")
    plan = ReconstructionPlan(frame, (40, 40))
    told = for_recording(predictor, tmp_path / "R.h5")
    assert reads_recordings(told) and told.digest == predictor.digest
    pictures = plan.render_many([INITIAL, {**INITIAL, "beta": 1.3}, {**INITIAL, "alpha_l": 15, "alpha_u": 50}])
    assert len(np.unique(pictures, axis=0)) == 3
    scores = told.scores(pictures)
    assert scores.shape == (3, 2) and np.array_equal(scores, np.tile(predictor.scores_of(frame), (3, 1)))
    for method in ("sign_descent", "random_search", "lattice", "nearest"):
        ended = search_frame(plan, told, 0, default_search(method, 10_000, INITIAL))
        record = write_attack(tmp_path / method, 0, ended, plan, told, {})
        assert (record["outcome"], record["queries"], record["asked"], record["moves"]) == ("unreachable", 1, 1, 0)
        assert record["nearest"] is None and record["n_wrong"] == 0 and record["initial_answer"] == 0
    assert not (tmp_path / "lattice/field.zarr").exists()
    with pytest.raises(EchoShiftError, match="expected a correctly classified image"):
        search_frame(plan, told, 1, default_search("sign_descent", 9, INITIAL))


def test_the_same_recordings_and_seed_give_the_same_bytes(tmp_path):
    """With three classes, whose scores it gives."""
    brief = SMALL.model_copy(update={"epochs": 2, "pieces": 8})
    one, other = (trained(tmp_path / name, (0.4, 0.6, 0.8), 12, brief) for name in ("one", "other"))
    for name in ("lines.xml", "lines.bin", "lines.json", "history.csv", "digest.txt"):
        assert (one / name).read_bytes() == (other / name).read_bytes()
    assert open_predictor(ENGINE, one).scores_of(uniform_frame(0.6, 1)).shape == (3,)
    another = trained(tmp_path / "another", (0.4, 0.6, 0.8), 12, brief.model_copy(update={"seed": 2}))
    assert (one / "digest.txt").read_text() != (another / "digest.txt").read_text()


def test_the_validation_patients_do_not_move_the_weights(tmp_path):
    """Two frames a patient, one epoch, which is always kept: whatever the validation frames are, the network is the same."""
    table = write_frames(tmp_path, *attenuated_cohort(24, (SOFT, HARD), 3))
    text = table.read_text()
    for i in range(24):
        text = text.replace(f",P{i},", f",P{i // 4}{'ab'[i % 2]},")
    table.write_text(text)
    patient = {row["item_id"]: row["patient_id"] for row in csv.DictReader(text.splitlines())}
    brief = SMALL.model_copy(update={"epochs": 1, "pieces": 8})
    train_lines(table, brief, tmp_path / "one")
    aside = json.loads((tmp_path / "one/record.json").read_text())["validation_items"]
    judging = {patient[item] for item in aside}
    assert 2 <= len(judging) < 12 and sorted(aside) == sorted(item for item in patient if patient[item] in judging)
    for i, item in enumerate(aside):
        uniform_frame(0.1, 900 + i).save(tmp_path / f"{item.removeprefix('frames/')}.h5")
    train_lines(table, brief, tmp_path / "other")
    assert (tmp_path / "one/lines.bin").read_bytes() == (tmp_path / "other/lines.bin").read_bytes()
    assert (tmp_path / "one/history.csv").read_text() != (tmp_path / "other/history.csv").read_text()


def test_the_predictor_needs_no_tensorflow(model, tmp_path):
    uniform_frame(SOFT, 8).save(tmp_path / "R.h5")
    code = (
        "import sys, numpy; from pathlib import Path\n"
        "from echoshift.classifiers.predictors import for_recording, open_predictor\n"
        "from echoshift.classifiers.predictors.settings import PredictorSettings\n"
        "opened = open_predictor(PredictorSettings(engine='openvino_lines'), Path(sys.argv[1]))\n"
        "print(for_recording(opened, sys.argv[2]).scores(numpy.zeros((1, 4, 4), 'u1'))[0, 1], 'tensorflow' in sys.modules)"
    )
    logit, loaded = run_python(code, model, tmp_path / "R.h5").stdout.split()
    assert float(logit) == open_predictor(ENGINE, model).scores_of(uniform_frame(SOFT, 8))[1] and loaded == "False"


def refusal(call):
    with pytest.raises(EchoShiftError) as refused:
        call()
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_what_has_no_rf_is_refused_in_one_line(tmp_path, predictor):
    picture = np.zeros((2, 8, 8), dtype=np.uint8)
    assert "found pictures alone, expected a recording" in refusal(lambda: predictor.scores(picture))
    assert "recording: found nothing" in refusal(lambda: for_recording(predictor, None))
    frame = uniform_frame(0.65, 1)
    envelope = EnvelopeFrame(np.abs(frame.samples), **frame.acquisition())
    for name, other, words in (
        ("envelope", envelope, "found lines after detection, expected RF"),
        ("iq", speckle_frame(iq=True), "found complex samples, expected RF"),
        ("short", speckle_frame(samples=300, sampling_frequency=10e6), "lines of 300 samples"),
    ):
        path = tmp_path / f"{name}.h5"
        other.save(path)
        line = refusal(lambda path=path: for_recording(predictor, path).scores(picture))
        assert line.startswith(f"{path}: samples: ") and words in line
        table = tmp_path / f"{name}.csv"
        table.write_text(f"item_id,kind,patient_id,label,path\nframes/A,frame,P1,0,{path}\nframes/B,frame,P2,1,{path}\n"
                         f"frames/C,frame,P3,0,{path}\nframes/D,frame,P4,1,{path}\n")  # fmt: skip
        assert words in refusal(lambda table=table: train_lines(table, SMALL, tmp_path / "none"))
    table = tmp_path / "pictures.csv"
    table.write_text("item_id,kind,patient_id,label,path\nimages/A,image,P1,0,a.png\n")
    assert "found 'images/A', a picture, expected frames" in refusal(lambda: train_lines(table, SMALL, tmp_path))


def test_files_of_another_model_are_refused(model, tmp_path):
    broken = shutil.copytree(model, tmp_path / "broken")
    weights = bytearray((broken / "lines.bin").read_bytes())
    weights[100] ^= 1
    (broken / "lines.bin").write_bytes(weights)
    assert "lines.bin: found digest" in refusal(lambda: open_predictor(ENGINE, broken))
    (broken / "lines.xml").unlink()
    assert "lines.xml: file not found" in refusal(lambda: open_predictor(ENGINE, broken))


def test_probe_opens_its_folder_and_asks_once(model, tmp_path, capsys):
    uniform_frame(SOFT, 8).save(tmp_path / "R.h5")
    with pytest.raises(SystemExit) as end:
        app(
            ["probe", str(tmp_path / "R.h5"), "--model", str(model), "-o", str(tmp_path / "out"), "--shape", "40", "40"]
        )
    assert not end.value.code
    assert "no setting reaches a classifier that reads the recording after 1 queries" in capsys.readouterr().out
    record = json.loads((tmp_path / "out/record.json").read_text())
    assert record["outcome"] == "unreachable" and record["predictor"]["engine"] == "openvino_lines"


def test_its_engine_alone_reads_recordings():
    assert {name for name, engine in ENGINES.items() if engine.reads_recordings} == {"openvino_lines"}
