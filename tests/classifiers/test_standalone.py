"""A network taken home: the same scores as in the study, in a process that has no EchoShift."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from classifiers.conftest import texture
from common import speckle_frame
from echoshift.classifiers.defences.listed import Listed
from echoshift.classifiers.defences.prepared import prepared
from echoshift.classifiers.defences.settings import defended_digest, recorded
from echoshift.classifiers.digest import model_digest
from echoshift.classifiers.evaluation.judging import FRAME_COLUMNS, evaluate_from_table
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.standalone.exporting import export_classifier
from echoshift.classifiers.standalone.prepare import VERSIONS, prepare
from echoshift.classifiers.training.export import save_engine, save_keras
from echoshift.cli.main import app
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.cache import STORE, read_reconstruction, write_store
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.reconstruction.resize import to_network_input
from echoshift.storage.files import write_json, write_text
from echoshift.storage.tables import read_rows, write_rows
from echoshift.validation import checked

CLASSES = ["healthy liver", "fatty"]
DEFENCES = [{"defence": "average", "versions": 3, "reach": 0.2}, {"defence": "canonical", "deviation": 50}]


WRITE_INPUTS = """
import json, pathlib, sys
sys.path.insert(0, sys.argv[1])
import numpy, prepare
from PIL import Image
about = json.loads((pathlib.Path(sys.argv[1]) / "about.json").read_text())
numpy.save(sys.argv[3], prepare.inputs(numpy.asarray(Image.open(sys.argv[2])), about["size"], about["defences"]))
"""


@pytest.fixture(scope="module")
def results(trained, tmp_path_factory):
    """A study of four frames, of a classifier with two folds and of two with one, one of them defended."""
    results = tmp_path_factory.mktemp("study") / "results"
    write_json(results / "study.json", {"classes": CLASSES})
    for i in range(4):
        found = envelope(speckle_frame(i, lines=32))
        plan = ReconstructionPlan(found, (80, 90 + 20 * i))
        image = plan.render({"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0})
        (results / f"reconstructions/F{i}").mkdir(parents=True)
        write_store(results / f"reconstructions/F{i}" / STORE, found, plan, image, {})
    for name, folds in (("folded", ("0", "1")), ("once", ("all",)), ("defended", ("all",))):
        defences = checked(Listed, {"defences": DEFENCES if name == "defended" else []}, name).defences
        for fold in folds:
            folder = results / "classifiers" / name / "folds" / fold
            folder.mkdir(parents=True)
            save_keras(trained.model, folder / "model.keras")
            save_engine(trained.model, folder / "engine.xml", model_digest(trained.model))
            write_text(folder / "digest.txt", f"{defended_digest(model_digest(trained.model), defences)}\n")
            write_json(folder / "record.json", {"cutoff": None, **recorded(defences)})
        rows = []
        for i in range(4):
            fold = folds[i % len(folds)]
            cells = (f"F{i}", f"P{i}", i % 2, fold, results / f"reconstructions/F{i}",
                     results / f"classifiers/{name}/folds/{fold}", "")  # fmt: skip
            rows.append(dict(zip(FRAME_COLUMNS, cells, strict=True)))
        table = results / "classifiers" / name / "frames.csv"
        write_rows(table, FRAME_COLUMNS, rows)
        evaluate_from_table(table, "train_once", table.parent, PredictorSettings())
    return results


@pytest.fixture
def own_results(results, tmp_path):
    return shutil.copytree(results, tmp_path / "results")


@pytest.mark.parametrize(
    ("shape", "size"),
    [((90, 100), 64), ((97, 33), 64), ((64, 64), 64), ((128, 128), 64), ((20, 31), 64), ((512, 403), 299)],
)
def test_a_picture_is_prepared_as_in_the_study(shape, size):
    image = texture(1.5, sum(shape), shape)
    found = prepare(image, size)
    assert found.dtype == np.float32 and found.shape == (size, size)
    assert np.abs(found - to_network_input(image, size)).max() < 1e-3  # grey levels


def without_echoshift(*arguments):
    """Run Python without the places that `.pth` files add, one of which holds this package."""
    packages = [path for path in sys.path if path.endswith("site-packages")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(packages), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(
        [sys.executable, "-S", *map(str, arguments)],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_ten_lines_give_the_scores_of_the_study(results, tmp_path):
    about = export_classifier(results, "folded", "1", tmp_path / "home")
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == [
        "about.json", "classifier.keras", "classify.py", "prepare.py",
    ]  # fmt: skip
    assert about == json.loads((tmp_path / "home/about.json").read_text())
    assert about["compared"]["frames"] == ["F1", "F3"] and about["compared"]["largest_difference"] < 1e-3
    lines = (tmp_path / "home/classify.py").read_text().splitlines()
    assert len([line for line in lines if line and not line.startswith('"""')]) == 10
    assert not re.search("echoshift|cv2", "".join(path.read_text() for path in (tmp_path / "home").glob("*.py")))
    assert "No module named 'echoshift'" in without_echoshift("-c", "import echoshift").stderr

    predictions = {row["frame_id"]: row for row in read_rows(results / "classifiers/folded/predictions.csv", ())}
    for frame in ("F1", "F3"):
        check_classified(results, tmp_path / "home", frame, predictions[frame])


def check_classified(results, home, frame, predicted):
    picture = home.with_name(f"{frame}.png")
    Image.fromarray(read_reconstruction(results / "reconstructions" / frame).image).save(picture)
    done = without_echoshift(home / "classify.py", picture)
    assert done.returncode == 0, done.stderr
    name, *scores = done.stdout.rsplit(maxsplit=2)
    assert scores[0] == "0.0" and float(scores[1]) == pytest.approx(float(predicted["logit"]), abs=1e-3)
    assert name == CLASSES[int(predicted["answer"])]


def test_a_defended_network_takes_its_defences_along(results, tmp_path):
    about = export_classifier(results, "defended", None, tmp_path / "home")
    assert [(one["defence"], len(one)) for one in about["defences"]] == [("average", 3), ("canonical", 4)]
    source = (tmp_path / "home/prepare.py").read_text()
    assert not re.search("echoshift|cv2", source)
    defined = [getattr(node, "name", None) for node in ast.parse(source).body]
    named = [name for name in defined if name]
    assert len(set(named)) == len(named)  # of two functions of one name the first would be lost
    predictions, plain = (
        {row["frame_id"]: row for row in read_rows(results / f"classifiers/{name}/predictions.csv", ())}
        for name in ("defended", "once")
    )
    assert abs(float(predictions["F2"]["logit"]) - float(plain["F2"]["logit"])) > 0.01
    check_classified(results, tmp_path / "home", "F2", predictions["F2"])

    made = without_echoshift("-c", WRITE_INPUTS, tmp_path / "home", tmp_path / "F2.png", tmp_path / "inputs.npy")
    assert made.returncode == 0, made.stderr
    image = read_reconstruction(results / "reconstructions/F2").image
    versions = prepared(image, checked(Listed, {"defences": DEFENCES}, "").defences)
    expected = np.stack([prepare(version, about["size"]) for version in versions])[..., None]
    np.testing.assert_array_equal(np.load(tmp_path / "inputs.npy"), expected)


def test_a_defence_that_is_not_exported_is_refused(own_results, tmp_path, monkeypatch):
    monkeypatch.delitem(VERSIONS, "average")
    with pytest.raises(EchoShiftError, match="all: defences: found average, expected one of canonical to export"):
        export_classifier(own_results, "defended", None, tmp_path / "home")


def test_the_verb_names_what_it_wrote(results, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(results.parent)
    with pytest.raises(SystemExit) as ended:
        app(["export-classifier", "once", str(tmp_path / "home")])
    assert not ended.value.code
    assert "once, fold all: scores of 4 frames differ by at most" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "fold", "found"),
    [
        ("other", None, "found no classifier 'other', expected one of defended, folded, once"),
        ("folded", None, "--fold: found nothing, expected one of folded's models: 0, 1"),
        ("folded", "7", "--fold: found '7', expected one of folded's models: 0, 1"),
    ],
)
def test_a_model_that_is_not_there_is_refused(results, tmp_path, name, fold, found):
    with pytest.raises(EchoShiftError, match=re.escape(found)):
        export_classifier(results, name, fold, tmp_path / "home")


def test_what_is_no_network_of_the_study_is_refused(own_results, tmp_path):
    folder = own_results / "classifiers/once/folds/all"
    (folder / "interface.json").write_text("{}")
    with pytest.raises(EchoShiftError, match="found a given model, expected a network that was trained here"):
        export_classifier(own_results, "once", None, tmp_path / "home")
    (folder / "interface.json").unlink()
    (folder / "model.keras").unlink()
    with pytest.raises(EchoShiftError, match=r"found no model.keras, expected a network \(kind transfer_learned\)"):
        export_classifier(own_results, "once", None, tmp_path / "home")


def test_other_scores_than_the_studys_are_refused(own_results, tmp_path):
    path = own_results / "classifiers/once/predictions.csv"
    rows = read_rows(path, ())
    write_rows(
        path, list(rows[0]), [{**row, "logit": float(row["logit"]) + 0.01 * (i == 2)} for i, row in enumerate(rows)]
    )
    with pytest.raises(EchoShiftError, match=r"frame F2: found scores that differ by 0.01.*expected at most 0.001"):
        export_classifier(own_results, "once", None, tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_another_folder_is_not_replaced(results, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/picture.png").write_text("")
    with pytest.raises(EchoShiftError, match="found a folder of other files"):
        export_classifier(results, "once", None, tmp_path / "mine")
    assert (tmp_path / "mine/picture.png").exists()
