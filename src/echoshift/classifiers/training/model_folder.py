"""Train a classifier from a table and write its files."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.backbones.features import Features
from echoshift.classifiers.backbones.networks import BACKBONES
from echoshift.classifiers.defences.augment import AugmentSettings, CopiedBox, copies_of, one_copy
from echoshift.classifiers.defences.prepared import check_fixed, prepared
from echoshift.classifiers.defences.settings import (
    DefenceSettings,
    as_json,
    defended_digest,
    in_training,
    modules_of,
    of_pictures,
    recorded,
)
from echoshift.classifiers.defences.worst_case import WorstCaseSettings
from echoshift.classifiers.digest import model_digest
from echoshift.classifiers.table import label_of, read_table
from echoshift.classifiers.tensorflow_setup import THREADS
from echoshift.classifiers.training.checkpoint import NAME, Checkpoint
from echoshift.classifiers.training.classes import n_outputs
from echoshift.classifiers.training.cutoff import choose_cutoff, measure_from, stated_cutoff
from echoshift.classifiers.training.export import save_engine, save_keras
from echoshift.classifiers.training.settings import NO_CUTOFF, AnyCutoff, TrainingSettings
from echoshift.classifiers.training.splits import validation_of_table
from echoshift.classifiers.training.transfer_learning import Trained, TrainingSet, train
from echoshift.errors import EchoShiftError
from echoshift.formats.images import read_image
from echoshift.reconstruction.resize import to_network_input
from echoshift.records.provenance import image_digest, package_versions, provenance
from echoshift.records.sources import sources_digest
from echoshift.storage.files import sha256_of_file, write_json, write_text, written_whole
from echoshift.storage.tables import write_rows
from echoshift.validation import checked

PACKAGES = ("keras", "numpy", "opencv-python-headless", "openvino", "tensorflow")
COPIES_COLUMNS = ("item_id", "path", "box")
TRAINING_COLUMNS = ("item_id", "kind", "patient_id", "label", "path")


def train_from_table(
    table: str | Path,
    features: Sequence[str | Path],
    settings: TrainingSettings,
    folder: str | Path,
    checkpoint_every: float = math.inf,
    defences: Sequence[DefenceSettings] = (),
    copies: Sequence[str | Path] = (),
) -> None:
    """Train a classifier on the items of a table and write its files.

    A training that was killed goes on from its last checkpoint in the folder, if table, features, settings, code and
    package versions are the same.

    Parameters
    ----------
    table : path
        CSV with `item_id, kind (image or frame), patient_id, label, path`.
    features : sequence of path
        Files of `echoshift features` that together have a row for each item.
    settings : TrainingSettings
    folder : path
        Output folder, which may exist. Each file is written atomically.
    checkpoint_every : float
        Seconds between checkpoints. None by default.
    defences : sequence of DefenceSettings
        The features must be those of the pictures that they make for training.
    copies : sequence of path
        Tables that together have the `box` of each item. Needed by `augment` if blocks of the backbone are trained.
    """
    folder = Path(folder)
    check_fixed(of_pictures(defences))
    rows = read_table(table, TRAINING_COLUMNS)
    for number, row in enumerate(rows, start=2):
        if row["kind"] not in ("image", "frame"):
            raise EchoShiftError(f"{table}: row {number}: kind: found {row['kind']!r}, expected image or frame")
    chosen = _matching_features(features, rows, settings, defences)
    labels = np.array([label_of(row) for row in rows])
    validation = validation_of_table(table, rows, labels, settings.validation_fraction, settings.seed)
    inputs = partial(
        _network_inputs, rows, chosen.image_digest, settings.input_size, of_pictures(in_training(defences))
    )
    made_from = {
        "table": sha256_of_file(table),
        "features": chosen.digest(),
        "weights": chosen.record["inputs"]["weights"],
        **{f"copies.{Path(path).stem}": sha256_of_file(path) for path in copies},
    }
    checkpoint = Checkpoint(folder / NAME, partial(_identity, made_from, settings, defences), checkpoint_every)
    data = TrainingSet(labels, validation, chosen.values, inputs, _drawing(rows, copies, settings, defences))
    trained = train(
        data, settings, checkpoint, next((one for one in defences if isinstance(one, WorstCaseSettings)), None)
    )
    answers = partial(_validation_logits, trained, rows, chosen.image_digest, validation, settings, defences)
    cutoff = _set_cutoff(trained.model, answers, settings.cutoff, rows, labels, validation, table)
    of_model = model_digest(trained.model)
    digest = defended_digest(of_model, defences)

    with written_whole(folder / "model.keras") as draft:
        save_keras(trained.model, draft)
    with written_whole(folder / "engine.xml") as xml, written_whole(folder / "engine.bin") as weights:
        save_engine(trained.model, xml, of_model)
        xml.with_suffix(".bin").replace(weights)
    write_rows(folder / "history.csv", list(trained.history[0]), trained.history)
    record = provenance(
        inputs=made_from,
        packages=PACKAGES,
        settings=settings.model_dump(include=set(TrainingSettings.model_fields)),
        **recorded(defences),
        seed=settings.seed,
        threads=THREADS,
        n_items=len(rows),
        n_items_of_class=np.bincount(labels).tolist(),
        validation_items=[row["item_id"] for row, aside in zip(rows, validation, strict=True) if aside],
        kept=trained.kept,
        cutoff=cutoff,
        output="logit of the positive class, from the cut-off (label 1 where >= 0)"
        if n_outputs(labels) == 1
        else "score of each class",
        digest=digest,
    )
    write_json(folder / "record.json", record)
    write_text(folder / "digest.txt", f"{digest}\n")
    checkpoint.remove()


def _set_cutoff(
    model: Any,
    answers: Callable[[], np.ndarray],
    rule: AnyCutoff,
    rows: list[dict[str, str]],
    labels: np.ndarray,
    validation: np.ndarray,
    table: str | Path,
) -> dict[str, Any] | None:
    """Measure the model's logit from its cut-off, and return the record of that. None with more than two classes."""
    if n_outputs(labels) > 1:
        if rule != NO_CUTOFF:
            raise EchoShiftError(
                f"{table}: cutoff: found it with {labels.max() + 1} classes, expected it with two only"
            )
        return None
    if isinstance(rule, float):
        return measure_from(model, stated_cutoff(rule))
    patients = [row["patient_id"] for row, aside in zip(rows, validation, strict=True) if aside]
    return measure_from(model, choose_cutoff(rule, answers(), labels[validation], patients))


def _validation_logits(
    trained: Trained,
    rows: list[dict[str, str]],
    digests: Sequence[str],
    validation: np.ndarray,
    settings: TrainingSettings,
    defences: Sequence[DefenceSettings],
) -> np.ndarray:
    """Logits of the validation pictures, (validation item,), as a predictor will give them: of what the defences make of each."""
    acting = of_pictures(defences)
    drawn = settings.trained_blocks and any(isinstance(one, AugmentSettings) for one in defences)
    if acting == in_training(acting) and not drawn:  # then training has asked about the same pictures
        return trained.validation_outputs[:, 0]
    logits = []
    for index in np.flatnonzero(validation):
        versions = prepared(_checked_image(rows[index], digests[index]), acting)
        inputs = np.stack([to_network_input(one, settings.input_size) for one in versions])[..., None]
        logits.append(trained.model(inputs, training=False).numpy()[:, 0].mean(dtype=np.float64))
    return np.array(logits)


def _drawing(
    rows: list[dict[str, str]],
    tables: Sequence[str | Path],
    settings: TrainingSettings,
    defences: Sequence[DefenceSettings],
) -> Callable[[int], np.ndarray] | None:
    """What draws new copies for the training of blocks. None without `augment`, or if no blocks are trained."""
    augment = next((one for one in defences if isinstance(one, AugmentSettings)), None)
    if augment is None or not settings.trained_blocks:
        return None
    boxes = {own["item_id"]: own["box"] for table in tables for own in read_table(table, COPIES_COLUMNS)}
    where = ", ".join(map(str, tables)) or "--copies"
    if missing := [row["item_id"] for row in rows if row["item_id"] not in boxes]:
        raise EchoShiftError(f"{where}: found no box for item {missing[0]!r}, expected one for each training item")
    of_items = [checked(CopiedBox, boxes[row["item_id"]], f"{where}: item {row['item_id']}: box") for row in rows]

    def draw(number: int) -> np.ndarray:
        inputs = []
        for row, box in zip(rows, of_items, strict=True):
            copy = copies_of(row["path"], box, one_copy(augment), f"{row['item_id']}/{number}")[-1]
            (picture,) = prepared(copy, of_pictures(in_training(defences)))
            inputs.append(to_network_input(picture, settings.input_size))
        return np.stack(inputs)[..., None]

    return draw


def _identity(
    made_from: dict[str, str], settings: TrainingSettings, defences: Sequence[DefenceSettings]
) -> dict[str, Any]:
    """All that determines a training. A checkpoint of another one is of no use."""
    return {
        "inputs": made_from,
        "settings": settings.model_dump(include=set(TrainingSettings.model_fields)),
        "defences": as_json(defences),
        "packages": package_versions(("python", *PACKAGES)),
        "code": sources_digest("classifiers.training.model_folder", *modules_of(defences)),
    }


def _matching_features(
    paths: Sequence[str | Path],
    rows: list[dict[str, str]],
    settings: TrainingSettings,
    defences: Sequence[DefenceSettings],
) -> Features:
    digest = BACKBONES[settings.backbone].weights_digest(settings.weights)
    tables = [Features.open(path) for path in paths]
    for path, features in zip(paths, tables, strict=True):
        for name, found, expected in (
            ("backbone", features.record["backbone"], settings.backbone),
            ("input_size", features.record["input_size"], settings.input_size),
            ("weights", features.record["inputs"]["weights"], digest),
            ("code", features.record["inputs"]["code"], tables[0].record["inputs"]["code"]),
            ("defences", features.record.get("defences", []), as_json(in_training(defences))),
        ):
            if found != expected:
                raise EchoShiftError(f"{path}: {name}: found {found!r}, expected {expected!r} as in the settings")
    try:
        return Features.joined(tables).select(row["item_id"] for row in rows)
    except EchoShiftError as error:
        raise EchoShiftError(f"{', '.join(map(str, paths))}: {error}") from None


def _network_inputs(
    rows: list[dict[str, str]], digests: Sequence[str], size: int, defences: Sequence[DefenceSettings]
) -> np.ndarray:
    """Network inputs of the images, float32 (item, size, size, 1), as defences prepare them."""
    inputs = []
    for row, digest in zip(rows, digests, strict=True):
        (picture,) = prepared(_checked_image(row, digest), defences)
        inputs.append(to_network_input(picture, size))
    return np.stack(inputs)[..., None]


def _checked_image(row: dict[str, str], expected: str) -> np.ndarray:
    """The image of an item, uint8 (z, x), which must be the one that the features were computed from."""
    image = read_image(row["path"])
    if (found := image_digest(image)) != expected:
        raise EchoShiftError(
            f"{row['path']}: item {row['item_id']}: found an image of digest {found[:12]}, "
            f"expected {expected[:12]} as in the features: compute them again"
        )
    return image
