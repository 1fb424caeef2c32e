"""Export a trained network with its preparation and the lines that classify a picture without EchoShift."""

import ast
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.answers import logits, scores_of_network
from echoshift.classifiers.defences import outline, rewindowed, standardised
from echoshift.classifiers.defences.settings import as_json
from echoshift.classifiers.interface.folder import INTERFACE
from echoshift.classifiers.interface.keras_file import load_keras_file
from echoshift.classifiers.predictors.defended import defences_of
from echoshift.classifiers.predictors.settings import ENGINES
from echoshift.classifiers.score_columns import scores_of_cells
from echoshift.classifiers.standalone import prepare
from echoshift.classifiers.standalone.prepare import VERSIONS, inputs
from echoshift.classifiers.tensorflow_setup import load_keras
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.cache import read_reconstruction
from echoshift.records.provenance import provenance
from echoshift.storage.files import read_json, write_json, written_whole
from echoshift.storage.tables import read_rows

PACKAGES = ("keras", "numpy", "pillow", "tensorflow")
COMPARED = 8
"""Most frames whose scores are compared with the study's."""
HEAD = '''\
"""Prepare a picture for the network: see `inputs`. Needs NumPy alone."""

from functools import lru_cache

import numpy as np'''
CLASSIFY = '''\
"""Classify a grey picture: python classify.py PICTURE.png. Needs numpy, pillow, keras and tensorflow."""

import json, pathlib, sys
import keras, numpy, PIL.Image
from prepare import inputs

here = pathlib.Path(__file__).parent
about = json.loads((here / "about.json").read_text())
network = keras.saving.load_model(here / "classifier.keras", compile=False)
image = numpy.asarray(PIL.Image.open(sys.argv[1]).convert("L"))
outputs = network(inputs(image, about["size"], about["defences"])).numpy().mean(axis=0).tolist()
scores = [0.0, *outputs] if len(outputs) == 1 else outputs  # one output is the logit of the second class
print(about["classes"][max(range(len(scores)), key=lambda k: (scores[k], k))], *scores)
'''


def export_classifier(results: Path, name: str, fold: str | None, folder: Path) -> dict[str, Any]:
    """Write a trained network to a new folder that needs no EchoShift.

    The folder has `classifier.keras`, `prepare.py`, `classify.py` and `about.json`. Before it is written, the exported
    preparation and network are asked about frames of the study.

    Parameters
    ----------
    results : Path
        Results of a finished study.
    name : str
        A classifier of it.
    fold : str or None
        Which of its models; may be None if it has one.
    folder : Path
        The new folder.

    Returns
    -------
    dict
        Content of `about.json`.

    Raises
    ------
    EchoShiftError
        One line, if there is no such network, or if its scores are not those of the study.
    """
    fold = _fold(results, name, fold)
    model = results / "classifiers" / name / "folds" / fold
    _check_kind(model)
    load_keras()
    network = load_keras_file(model / "model.keras")
    size, defences = network.input_shape[1], as_json(defences_of(model))
    if others := [one["defence"] for one in defences if one["defence"] not in VERSIONS]:
        raise EchoShiftError(f"{model}: defences: found {others[0]}, expected one of {', '.join(VERSIONS)} to export")
    about = provenance(
        inputs={"model": (model / "digest.txt").read_text(encoding="ascii").strip()},
        packages=PACKAGES,
        classifier=name,
        fold=fold,
        classes=read_json(results / "study.json")["classes"],
        size=size,
        defences=defences,
        compared=_compare(
            results, name, fold, lambda image: network(inputs(image, size, defences)).numpy().mean(axis=0)
        ),
    )
    with written_whole(folder) as draft:
        draft.mkdir()
        (draft / "classifier.keras").write_bytes((model / "model.keras").read_bytes())
        (draft / "prepare.py").write_text(_preparation(), encoding="utf-8")
        (draft / "classify.py").write_text(CLASSIFY, encoding="utf-8")
        write_json(draft / "about.json", about)
    return about


def _preparation() -> str:
    """Source of the modules that prepare a picture, without what they import from each other."""
    parts = [HEAD]
    for module in (outline, standardised, rewindowed, prepare):
        source = Path(module.__file__).read_text(encoding="utf-8")
        imported = max(
            node.end_lineno for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)
        )
        parts.append("\n".join(source.splitlines()[imported:]).strip())
    return "\n\n\n".join(parts) + "\n"


def _fold(results: Path, name: str, fold: str | None) -> str:
    """The fold whose model is meant."""
    classifiers = sorted(path.name for path in (results / "classifiers").glob("*") if (path / "folds").is_dir())
    if name not in classifiers:
        expected = f"one of {', '.join(classifiers)}" if classifiers else "the results of a finished study (--results)"
        raise EchoShiftError(f"{results}: found no classifier {name!r}, expected {expected}")
    folds = sorted(path.parent.name for path in (results / "classifiers" / name / "folds").glob("*/digest.txt"))
    if fold is None and len(folds) == 1:
        return folds[0]
    if fold not in folds:
        found = "nothing" if fold is None else repr(fold)
        raise EchoShiftError(
            f"--fold: found {found}, expected one of {name}'s models: {', '.join(folds) or 'none yet'}"
        )
    return fold


def _check_kind(model: Path) -> None:
    if (model / INTERFACE).is_file():
        raise EchoShiftError(
            f"{model}: found a given model, expected a network that was trained here: its file is yours"
        )
    if not (model / "model.keras").is_file():
        raise EchoShiftError(f"{model}: found no model.keras, expected a network (kind transfer_learned)")


def _compare(results: Path, name: str, fold: str, ask: Any) -> dict[str, Any]:
    """Ask about the first frames of the fold, and refuse scores that are not the study's.

    Returns
    -------
    dict
        The frames, and the largest difference of a logit.
    """
    path = results / "classifiers" / name / "predictions.csv"
    rows = [row for row in read_rows(path, ("frame_id", "fold")) if row["fold"] == fold][:COMPARED]
    tolerance, largest = ENGINES["openvino"].tolerance, 0.0
    for row in rows:
        image = read_reconstruction(results / "reconstructions" / row["frame_id"]).image
        scores = scores_of_network(ask(image).astype(np.float64)[None])
        difference = float(np.abs(logits(scores)[0] - logits(np.array(scores_of_cells(row)))).max())
        if not difference <= tolerance:
            raise EchoShiftError(
                f"{path}: frame {row['frame_id']}: found scores that differ by {difference:.2g} from those of the "
                f"exported network, expected at most {tolerance:g}"
            )
        largest = max(largest, difference)
    return {"frames": [row["frame_id"] for row in rows], "largest_difference": largest, "tolerance": tolerance}
