"""`echoshift features`, `train` and `evaluate` on files, as the workflow calls them."""

import cv2
import numpy as np
import pytest

from classifiers.conftest import run_python
from common import speckle_frame
from echoshift.classifiers.digest import model_digest
from echoshift.classifiers.evaluation import judging
from echoshift.classifiers.evaluation.baselines import liver_cortex_ratio
from echoshift.classifiers.predictors.openvino import Predictor
from echoshift.classifiers.predictors.settings import ENGINES, PredictorSettings
from echoshift.classifiers.training.model_folder import train_from_table
from echoshift.cli.main import app
from echoshift.errors import EchoShiftError
from echoshift.formats.images import read_image
from echoshift.reconstruction.cache import STORE, read_reconstruction, write_store
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.records.sources import sources
from echoshift.storage.files import read_json
from echoshift.storage.tables import read_rows, write_rows

FILES = ["digest.txt", "engine.bin", "engine.xml", "history.csv", "model.keras", "record.json"]


def run(*arguments):
    with pytest.raises(SystemExit) as ended:
        app([str(argument) for argument in arguments])
    return ended.value.code


def write_table(path, rows):
    write_rows(path, list(rows[0]), rows)
    return path


def evaluate(folder, rows, name, protocol="train_once"):
    """Write the rows to a table, run `echoshift evaluate` into `folder / name`, and read `evaluation.json`."""
    table = write_table(folder / f"{name}.csv", rows)
    assert not run("evaluate", "--table", table, "--protocol", protocol, "-o", folder / name)
    return read_json(folder / name / "evaluation.json")


@pytest.fixture(scope="module")
def work(cohort, settings, rows, features, tmp_path_factory):
    """Tables and images on disk, the features, and a trained classifier."""
    folder = tmp_path_factory.mktemp("verbs")
    items = [
        {"item_id": item, "kind": kind, "patient_id": patient, "label": label, "path": folder / f"{item}.png"}
        for item, kind, patient, label in zip(cohort.item_id, cohort.kind, cohort.patient_id, cohort.label, strict=True)
    ]
    for item, image in zip(items, cohort.images, strict=True):
        cv2.imwrite(str(item["path"]), image)
    write_table(folder / "training.csv", items)
    table = write_table(folder / "items.csv", [{"item_id": item["item_id"], "path": item["path"]} for item in items])
    network = settings.model_dump_json(include={"backbone", "weights", "input_size"})
    out = folder / "features.npz"
    assert not run("features", "--table", table, "--rows", rows, "--settings", network, "-o", out)
    assert not run("train", *training(folder, settings.model_dump_json()), "-o", folder / "model")
    return folder


def training(folder, settings, table="training.csv", features="features.npz"):
    return "--table", folder / table, "--features", folder / features, "--settings", settings


@pytest.fixture(scope="module")
def frames(work):
    """Four reconstructions with regions, and the rows that `evaluate` reads."""
    # Deeper patches are darker, so some healthy frames have a dark cortex patch.
    regions = {
        "liver": np.array([(-0.01, 0.04), (0.0, 0.04), (0.0, 0.06), (-0.01, 0.06)]),
        "cortex": np.array([(0.0, 0.04), (0.01, 0.04), (0.01, 0.06), (0.0, 0.06)]),
    }
    rows = []
    for index in range(4):
        found = envelope(speckle_frame(index, lines=32, regions=regions))
        plan = ReconstructionPlan(found, (80, 90))
        image = plan.render({"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0})
        folder = work / "reconstructions" / f"F{index}"
        folder.mkdir(parents=True)
        write_store(folder / STORE, found, plan, image, {})
        ids = {"frame_id": f"F{index}", "patient_id": f"Q{index}", "label": index % 2, "fold": "0"}
        rows.append(ids | {"reconstruction": folder, "model": work / "model", "known": ""})
    return rows


def test_training_writes_six_files_and_says_how(work, settings, trained):
    assert sorted(path.name for path in (work / "model").iterdir()) == FILES
    record = read_json(work / "model" / "record.json")
    assert (work / "model" / "digest.txt").read_text() == record["digest"] + "\n"
    assert record["digest"] == model_digest(trained.model)  # same digest from files and from memory
    assert record["settings"] == settings.model_dump()
    assert record["echoshift_version"] and record["packages"]["tensorflow"]
    assert record["threads"] and record["seed"] == 1
    losses = [float(row["validation_loss"]) for row in read_rows(work / "model" / "history.csv", ())]
    assert losses == [row["validation_loss"] for row in trained.history]


def test_evaluation_writes_what_the_engine_says(work, frames):
    evaluation = evaluate(work, frames, "a", "cross_validation")
    assert evaluate(work, frames, "b", "cross_validation") == evaluation
    names = ["evaluation.json", "predictions.csv", "reliability.csv", "roc.csv"]
    assert sorted(path.name for path in (work / "a").iterdir()) == names
    assert all((work / "a" / name).read_bytes() == (work / "b" / name).read_bytes() for name in names)
    predictions = read_rows(work / "a" / "predictions.csv", ())
    images = np.stack([read_image(row["reconstruction"]) for row in frames])
    expected = Predictor(work / "model" / "engine.xml").scores(images)[:, 1]
    assert [float(row["logit"]) for row in predictions] == expected.tolist()  # to the last bit
    assert [row["correct"] for row in predictions] == [
        str(bool((logit >= 0) == row["label"])).lower() for logit, row in zip(expected, frames, strict=True)
    ]
    assert evaluation["n_frames"] == 4 and evaluation["protocol"] == "cross_validation"
    assert set(evaluation["baselines"]) == {"mean_grey_level", "liver_cortex_ratio"}
    assert evaluation["baselines"]["liver_cortex_ratio"]["n_frames"] == 4
    assert evaluation["predictors"]["0"]["digest"] == (work / "model" / "digest.txt").read_text().strip()
    assert evaluation["echoshift_version"] and evaluation["packages"]["openvino"]


def test_baselines_and_digests_are_those_of_the_stored_reconstructions(work, frames, monkeypatch):
    stored = [read_reconstruction(row["reconstruction"]) for row in frames]
    plans = [ReconstructionPlan(one.frame, grid=one.grid) for one in stored]
    monkeypatch.setattr(judging, "evaluate_baselines", lambda values, labels: values)
    monkeypatch.delattr(ReconstructionPlan, "__init__")  # evaluation renders nothing

    def evaluated(rows):
        table = write_table(work / "baselines.csv", rows)
        return judging.evaluate_from_table(table, "train_once", work / "baselines", PredictorSettings())

    evaluation = evaluated(frames)
    seen = evaluation["baselines"]
    assert seen["mean_grey_level"] == [one.image[plan.sector].mean() for one, plan in zip(stored, plans, strict=True)]
    assert seen["liver_cortex_ratio"] == [
        liver_cortex_ratio(one.image, plan.z, plan.x, one.frame.regions)
        for one, plan in zip(stored, plans, strict=True)
    ]
    found = evaluation["inputs"]["reconstructions"]
    for order in ([0, 1, 2, 2], [1, 0, 2, 3]):  # another picture with the same name; two pictures swapped
        rows = [
            row | {"reconstruction": frames[index]["reconstruction"]} for row, index in zip(frames, order, strict=True)
        ]
        assert evaluated(rows)["inputs"]["reconstructions"] != found


def test_an_edit_of_the_training_code_reruns_no_evaluation():
    files = sources("cli.evaluate", ENGINES["openvino"].module)
    names = {path.partition("/classifiers/")[2].removesuffix(".py") for path in files}
    assert {"evaluation/judging", "table", "predictors/openvino"} < names
    assert not {name for name in names if name.split("/")[0] in ("training", "backbones", "kinds")}
    assert "predictors/tensorflow" not in names


def test_evaluation_does_not_load_tensorflow(work, frames):
    table = write_table(work / "frames.csv", frames)
    code = f"""
import sys
from echoshift.cli.evaluate import evaluate
evaluate({str(table)!r}, "train_once", {str(work / "c")!r})
print(sorted(name for name in ("tensorflow", "keras") if name in sys.modules))
"""
    assert run_python(code).stdout == "[]\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": "fatty"}, "row 2: label: found 'fatty', expected the number of a class"),
        ({"label": "2"}, "wrong.csv: label: found 2, expected 0 to 1 as the classifier answers"),
        ({"patient_id": ""}, "row 2: patient_id: found nothing"),
        ({"patient_id": "Q1", "fold": "1"}, "row 3: fold: found '0', expected '1', the patient's"),
        ({"model": "other"}, "row 3: model: found"),
        ({"reconstruction": "nowhere"}, "nowhere"),
    ],
)
def test_a_wrong_table_is_refused_in_one_line(work, frames, capsys, change, message):
    table = write_table(work / "wrong.csv", [frames[0] | change, *frames[1:]])
    assert run("evaluate", "--table", table, "--protocol", "cross_validation", "-o", work / "d") == 1
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not (work / "d").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"settings": '{"backbone": "efficientnet_lite0", "input_size": 96}'}, "input_size: found 64, expected 96"),
        ({"settings": '{"epoch": 3}'}, "--settings: epoch"),
        ({"table": "items.csv"}, "found columns item_id, path, expected item_id, kind"),
        ({"features": "absent.npz"}, "absent.npz: file not found"),
        ({"table": "absent.csv"}, "absent.csv: file not found"),
    ],
)
def test_training_refuses_in_one_line(work, settings, capsys, change, message):
    assert run("train", *training(work, **{"settings": settings.model_dump_json()} | change), "-o", work / "e") == 1
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not (work / "e").exists()


def test_one_class_alone_is_refused_naming_the_table(work, settings, tmp_path):
    rows = [row | {"label": 1} for row in read_rows(work / "training.csv", ())]
    table = write_table(tmp_path / "one_class.csv", rows)
    with pytest.raises(EchoShiftError, match=r"one_class\.csv: label: found \[1\] in the validation part"):
        train_from_table(table, [work / "features.npz"], settings, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_degenerate_classifier_is_said_on_screen(work, frames, capsys):
    evaluation = evaluate(work, [row | {"label": 1} for row in frames], "degenerate")
    assert evaluation["auc"] is None
    assert (evaluation["warning"] or "") in capsys.readouterr().err


def test_several_frames_of_a_patient_are_said_to_be_taken_as_independent(work, frames):
    def warning(**of_second):
        rows = [frames[0], frames[1] | of_second, *frames[2:]]
        return evaluate(work, rows, "patients")["warning"] or ""

    assert "independent" not in warning()
    assert "4 labelled frames of 3 patients are taken as independent" in warning(patient_id="Q0")
    assert "independent" not in warning(patient_id="Q0", label="")


def test_frames_without_a_label_are_judged_and_rows_of_a_training_need_one(work, frames, capsys):
    evaluate(work, frames, "labelled")
    evaluation = evaluate(work, [*frames[:2], *(row | {"label": ""} for row in frames[2:])], "unlabelled")
    tables = [read_rows(work / name / "predictions.csv", ()) for name in ("labelled", "unlabelled")]
    for index, (row, other) in enumerate(zip(*tables, strict=True)):
        nothing = {"label": "", "correct": ""} if index > 1 else {}
        assert other == row | nothing
    assert (evaluation["n_frames"], evaluation["n_unlabelled"], evaluation["n_positive"]) == (4, 2, 1)
    assert evaluation["baselines"]["liver_cortex_ratio"]["n_frames"] == 2

    rows = read_rows(work / "training.csv", ())
    table = write_table(work / "incomplete.csv", [rows[0] | {"label": ""}, *rows[1:]])
    assert run("train", *training(work, "{}", table), "-o", work / "g") == 1
    assert not (work / "g").exists()
    assert "incomplete.csv: row 2: label: found nothing, expected a value" in capsys.readouterr().err
