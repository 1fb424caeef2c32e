"""`echoshift features`, `train` and `evaluate` on files, as the workflow calls them."""

import csv
import json
import sys

import cv2
import numpy as np
import pytest

from classifiers.conftest import write_csv
from common import speckle_frame
from echoshift.classifiers.evaluation.baselines import liver_cortex_ratio
from echoshift.classifiers.predictors.settings import ENGINES
from echoshift.cli.main import app
from echoshift.errors import EchoShiftError
from echoshift.formats.images import read_image
from echoshift.reconstruction.cache import STORE, read_reconstruction, write_store
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.records.sources import sources

FILES = ["digest.txt", "engine.bin", "engine.xml", "history.csv", "model.keras", "record.json"]
FRAMES = ("frame_id", "patient_id", "label", "fold", "reconstruction", "model")


def run(*arguments):
    with pytest.raises(SystemExit) as ended:
        app([str(argument) for argument in arguments])
    return ended.value.code


@pytest.fixture(scope="module")
def work(cohort, settings, rows, features, tmp_path_factory):
    """Tables and images on disk, the features, and a trained classifier."""
    folder = tmp_path_factory.mktemp("verbs")
    paths = [folder / f"{item}.png" for item in cohort.item_id]
    for path, image in zip(paths, cohort.images, strict=True):
        cv2.imwrite(str(path), image)
    items = list(zip(cohort.item_id, cohort.kind, cohort.patient_id, cohort.label, paths, strict=True))
    write_csv(folder / "items.csv", ("item_id", "path"), [(item[0], item[-1]) for item in items])
    write_csv(folder / "training.csv", ("item_id", "kind", "patient_id", "label", "path"), items)
    text = settings.model_dump_json()
    network = settings.model_dump_json(include={"backbone", "weights", "input_size"})
    table, out = folder / "items.csv", folder / "features.npz"
    assert not run("features", "--table", table, "--rows", rows, "--settings", network, "-o", out)
    assert not run("train", *training(folder), "--settings", text, "-o", folder / "model")
    return folder


def training(folder):
    return "--table", folder / "training.csv", "--features", folder / "features.npz"


@pytest.fixture(scope="module")
def frames(work):
    """Four reconstructions with regions, and the rows that `evaluate` reads."""
    rows = []
    for index in range(4):
        # Deeper patches are darker, so some healthy frames have a dark cortex patch.
        regions = {
            "liver": [(-0.01, 0.04), (0.0, 0.04), (0.0, 0.06), (-0.01, 0.06)],
            "cortex": [(0.0, 0.04), (0.01, 0.04), (0.01, 0.06), (0.0, 0.06)],
        }
        found = envelope(speckle_frame(index, lines=32, regions={k: np.array(v) for k, v in regions.items()}))
        plan = ReconstructionPlan(found, (80, 90))
        image = plan.render({"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0})
        folder = work / "reconstructions" / f"F{index}"
        folder.mkdir(parents=True)
        write_store(folder / STORE, found, plan, image, {})
        rows.append((f"F{index}", f"Q{index}", index % 2, "0", folder, work / "model"))
    return rows


def test_training_writes_six_files_and_says_how(work, settings, trained):
    from echoshift.classifiers.digest import model_digest

    assert sorted(path.name for path in (work / "model").iterdir()) == FILES
    record = json.loads((work / "model" / "record.json").read_text())
    assert (work / "model" / "digest.txt").read_text() == record["digest"] + "\n"
    assert record["digest"] == model_digest(trained.model)  # same digest from files and from memory
    assert record["settings"] == settings.model_dump()
    assert (
        record["echoshift_version"] and record["packages"]["tensorflow"] and record["threads"] and record["seed"] == 1
    )
    with (work / "model" / "history.csv").open() as file:
        assert [float(row["validation_loss"]) for row in csv.DictReader(file)] == [
            row["validation_loss"] for row in trained.history
        ]


def test_evaluation_writes_what_the_engine_says(work, frames):
    from echoshift.classifiers.predictors.openvino import Predictor

    table = write_csv(work / "frames.csv", FRAMES, frames)
    for out in ("a", "b"):
        assert not run("evaluate", "--table", table, "--protocol", "cross_validation", "-o", work / out)
    names = ["evaluation.json", "predictions.csv", "roc.csv"]
    assert sorted(path.name for path in (work / "a").iterdir()) == names
    assert all((work / "a" / name).read_bytes() == (work / "b" / name).read_bytes() for name in names)
    with (work / "a" / "predictions.csv").open() as file:
        predictions = list(csv.DictReader(file))
    expected = Predictor(frames[0][-1] / "engine.xml").scores(np.stack([read_image(row[4]) for row in frames]))[:, 1]
    assert [float(row["logit"]) for row in predictions] == expected.tolist()  # to the last bit
    assert [row["correct"] for row in predictions] == [
        str(bool((logit >= 0) == row[2])).lower() for logit, row in zip(expected, frames, strict=True)
    ]
    evaluation = json.loads((work / "a" / "evaluation.json").read_text())
    assert evaluation["n_frames"] == 4 and evaluation["protocol"] == "cross_validation"
    assert set(evaluation["baselines"]) == {"mean_grey_level", "liver_cortex_ratio"}
    assert evaluation["baselines"]["liver_cortex_ratio"]["n_frames"] == 4
    assert evaluation["predictors"]["0"]["digest"] == (work / "model" / "digest.txt").read_text().strip()
    assert evaluation["echoshift_version"] and evaluation["packages"]["openvino"]


def test_baselines_and_digests_are_those_of_the_stored_reconstructions(work, frames, monkeypatch):
    from echoshift.classifiers.evaluation import judging
    from echoshift.classifiers.predictors.settings import PredictorSettings

    stored = [read_reconstruction(row[4]) for row in frames]
    plans = [ReconstructionPlan(one.frame, grid=one.grid) for one in stored]
    seen = {}

    def baselines(values, labels):
        seen.update(values)
        return {}

    monkeypatch.setattr(judging, "evaluate_baselines", baselines)
    monkeypatch.delattr(ReconstructionPlan, "__init__")  # evaluation renders nothing
    evaluation = judging.evaluate_from_table(
        write_csv(work / "frames.csv", FRAMES, frames), "train_once", work / "baselines", PredictorSettings()
    )
    assert seen["mean_grey_level"] == [one.image[plan.sector].mean() for one, plan in zip(stored, plans, strict=True)]
    assert seen["liver_cortex_ratio"] == [
        liver_cortex_ratio(one.image, plan.z, plan.x, one.frame.regions)
        for one, plan in zip(stored, plans, strict=True)
    ]
    found = evaluation["inputs"]["reconstructions"]
    for order in ([0, 1, 2, 2], [1, 0, 2, 3]):  # another picture with the same name; two pictures swapped
        rows = [(*row[:4], frames[index][4], row[5]) for row, index in zip(frames, order, strict=True)]
        table = write_csv(work / "exchanged.csv", FRAMES, rows)
        other = judging.evaluate_from_table(table, "train_once", work / "baselines", PredictorSettings())
        assert other["inputs"]["reconstructions"] != found


def test_an_edit_of_the_training_code_reruns_no_evaluation():
    files = sources("cli.evaluate", ENGINES["openvino"].module)
    names = {path.partition("/classifiers/")[2].removesuffix(".py") for path in files}
    assert {"evaluation/judging", "table", "predictors/openvino"} < names
    assert not {name for name in names if name.split("/")[0] in ("training", "backbones", "kinds")}
    assert "predictors/tensorflow" not in names


def test_evaluation_does_not_load_tensorflow(work, frames):
    import subprocess

    table = write_csv(work / "frames.csv", FRAMES, frames)
    code = f"""
import sys
from echoshift.cli.evaluate import evaluate
evaluate({str(table)!r}, "train_once", {str(work / "c")!r})
print(sorted(name for name in ("tensorflow", "keras") if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": "2"}, "row 2: label: found '2', expected 0 or 1"),
        ({"patient_id": ""}, "row 2: patient_id: found nothing"),
        ({"patient_id": "Q1", "fold": "1"}, "row 3: fold: found '0', expected '1', the patient's"),
        ({"model": "other"}, "row 3: model: found"),
        ({"reconstruction": "nowhere"}, "nowhere"),
    ],
)
def test_a_wrong_table_is_refused_in_one_line(work, frames, capsys, change, message):
    rows = [dict(zip(FRAMES, row, strict=True)) for row in frames]
    rows[0].update(change)
    table = write_csv(work / "wrong.csv", FRAMES, [row.values() for row in rows])
    assert run("evaluate", "--table", table, "--protocol", "cross_validation", "-o", work / "d") == 1
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not (work / "d").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"--settings": '{"backbone": "efficientnet_lite0", "input_size": 96}'}, "input_size: found 64, expected 96"),
        ({"--settings": '{"epoch": 3}'}, "--settings: epoch"),
        ({"--table": "items.csv"}, "found columns item_id, path, expected item_id, kind"),
        ({"--features": "absent.npz"}, "absent.npz: file not found"),
        ({"--table": "absent.csv"}, "absent.csv: file not found"),
    ],
)
def test_training_refuses_in_one_line(work, settings, capsys, arguments, message):
    options = dict(zip(training(work)[::2], training(work)[1::2], strict=True)) | {
        "--settings": settings.model_dump_json()
    }
    options |= {name: value if name == "--settings" else work / value for name, value in arguments.items()}
    assert run("train", *(part for option in options.items() for part in option), "-o", work / "e") == 1
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not (work / "e").exists()


def test_one_class_alone_is_refused_naming_the_table(work, settings, tmp_path):
    from echoshift.classifiers.training.model_folder import train_from_table

    with (work / "training.csv").open() as file:
        rows = [{**row, "label": 1} for row in csv.DictReader(file)]
    table = write_csv(tmp_path / "one_class.csv", rows[0], [row.values() for row in rows])
    with pytest.raises(EchoShiftError, match=r"one_class\.csv: label: found \[1\] in the validation part"):
        train_from_table(table, [work / "features.npz"], settings, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_degenerate_classifier_is_said_on_screen(work, frames, capsys):
    rows = [(*row[:2], 1, *row[3:]) for row in frames]
    table = write_csv(work / "degenerate.csv", FRAMES, rows)
    assert not run("evaluate", "--table", table, "--protocol", "train_once", "-o", work / "f")
    evaluation = json.loads((work / "f" / "evaluation.json").read_text())
    assert evaluation["auc"] is None
    warning = evaluation["warning"]
    assert (warning or "") in capsys.readouterr().err


def test_several_frames_of_a_patient_are_said_to_be_taken_as_independent(work, frames):
    def warning(rows):
        table = write_csv(work / "patients.csv", FRAMES, rows)
        assert not run("evaluate", "--table", table, "--protocol", "train_once", "-o", work / "patients")
        return json.loads((work / "patients" / "evaluation.json").read_text())["warning"] or ""

    one_each = [(row[0], f"P{index}", *row[2:]) for index, row in enumerate(frames)]
    assert "independent" not in warning(one_each)
    second_view = [one_each[0], (one_each[1][0], "P0", *one_each[1][2:]), *one_each[2:]]
    assert f"{len(frames)} labelled frames of {len(frames) - 1} patients are taken as independent" in warning(
        second_view
    )
    unlabelled = [one_each[0], (one_each[1][0], "P0", "", *one_each[1][3:]), *one_each[2:]]
    assert "independent" not in warning(unlabelled)


def test_frames_without_a_label_are_judged_and_rows_of_a_training_need_one(work, frames, capsys):
    table = write_csv(work / "labelled.csv", FRAMES, frames)
    assert not run("evaluate", "--table", table, "--protocol", "train_once", "-o", work / "labelled")
    rows = [(*row[:2], "" if index > 1 else row[2], *row[3:]) for index, row in enumerate(frames)]
    table = write_csv(work / "unlabelled.csv", FRAMES, rows)
    assert not run("evaluate", "--table", table, "--protocol", "train_once", "-o", work / "unlabelled")
    tables = []
    for name in ("labelled", "unlabelled"):
        with (work / name / "predictions.csv").open() as file:
            tables.append(list(csv.DictReader(file)))
    for index, (row, other) in enumerate(zip(*tables, strict=True)):
        nothing = {"label": "", "correct": ""} if index > 1 else {}
        assert other == row | nothing
    evaluation = json.loads((work / "unlabelled" / "evaluation.json").read_text())
    assert (evaluation["n_frames"], evaluation["n_unlabelled"], evaluation["n_positive"]) == (4, 2, 1)
    assert evaluation["baselines"]["liver_cortex_ratio"]["n_frames"] == 2

    with (work / "training.csv").open() as file:
        rows = list(csv.DictReader(file))
    rows[0]["label"] = ""
    table = write_csv(work / "incomplete.csv", rows[0], [row.values() for row in rows])
    command = ["train", "--table", table, "--features", work / "features.npz", "--settings", "{}", "-o", work / "g"]
    assert run(*command) == 1 and not (work / "g").exists()
    assert "incomplete.csv: row 2: label: found nothing, expected a value" in capsys.readouterr().err
