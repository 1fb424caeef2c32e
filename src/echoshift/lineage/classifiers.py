"""Trained models, the features they are trained on, and their predictions for the frames."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from echoshift import __version__
from echoshift.attacks.trajectory import RECORD
from echoshift.classifiers.backbones.features import Features
from echoshift.classifiers.defences.listed import Listed
from echoshift.classifiers.defences.settings import as_json, in_training
from echoshift.errors import EchoShiftError
from echoshift.lineage.cohorts import add_images
from echoshift.lineage.ledger import Ledger, agree
from echoshift.storage.files import read_json, sha256_of_file
from echoshift.storage.tables import read_rows
from echoshift.summary.attack_results import refuse
from echoshift.summary.selection import SELECTED_COLUMNS, select

TRAINING = "training.csv"
JUDGED_COLUMNS = ("frame_id", "fold", "reconstruction")


def add_classifiers(ledger: Ledger, classifiers: Iterable[str]) -> None:
    """Add every model with its features and evaluation, and the frames selected for attack."""
    classifiers = list(classifiers)
    tables: dict[Path, Features] = {}
    for name in classifiers:
        judged = read_rows(ledger.results / "classifiers" / name / "frames.csv", JUDGED_COLUMNS)
        for fold in dict.fromkeys(row["fold"] for row in judged):
            _add_model(ledger, tables, name, fold)
        _add_evaluation(ledger, name, judged)
    _add_selection(ledger, classifiers)


def _add_model(ledger: Ledger, tables: dict[Path, Features], classifier: str, fold: str) -> None:
    folder = ledger.results / "classifiers" / classifier / "folds" / fold
    path, table, of = folder / RECORD, folder / TRAINING, f"classifier {classifier}, fold {fold}"
    record = read_json(path)
    inputs, made_from = record["inputs"], []
    agree(path, of, "digest", record["digest"], (folder / "digest.txt").read_text().strip(), str(folder / "digest.txt"))
    if "table" in inputs:
        agree(path, of, "inputs.table", inputs["table"], sha256_of_file(table), str(table))
        made_from.append(ledger.table(table))
    if "features" in inputs:
        items = [row["item_id"] for row in read_rows(table, ("item_id",))]
        paths, digest = _features_of(ledger, tables, record, items)
        agree(path, of, "inputs.features", inputs["features"], digest, f"{ledger.results}/features")
        made_from += [_added_features(ledger, path, tables[path]) for path in paths]
    if "pictures" in inputs:  # of a model that reads the pictures themselves
        made_from += _pictures_of(ledger, path, of, inputs["pictures"], table)
    if "recordings" in inputs:  # of a model that reads them instead of pictures
        made_from += _recordings_of(ledger, path, of, inputs["recordings"], table)
    for name in [name for name in inputs if name.startswith("copies.")]:  # drawn while blocks are trained
        listed = paths[0].with_name(f"{name.removeprefix('copies.')}.csv")
        agree(path, of, f"inputs.{name}", inputs[name], sha256_of_file(listed), str(listed))
        made_from.append(ledger.table(listed))
    for file, digest in inputs.get("files", {}).items():  # of a given model
        agree(path, of, f"inputs.files.{file}", digest, sha256_of_file(file), file)
        made_from.append(ledger.crate.file(Path(file), digest, f"given/{classifier}/{Path(file).parent.name}"))
    ledger.models[classifier, fold] = record["digest"]

    is_given = "source" in record
    means = (
        "a given model; digest of its files and of how it is asked"
        if is_given
        else "a trained model; digest of its layers and weights"
    )
    made = ledger.crate.folder(folder, record["digest"], means)
    # Which files there are is its kind's affair.
    names = sorted(file.name for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    files = [ledger.table(folder / name) for name in names if name != TRAINING]
    ledger.crate.action(
        "adopt" if is_given else "train", f"{classifier}/{fold}", record, made_from, [made, *files],
        seed=record.get("seed"), settings=record.get("settings"), defences=record.get("defences"), weights=inputs.get("weights"),
    )  # fmt: skip
    ledger.made[f"models/{classifier}/{fold}"] = made


def _pictures_of(ledger: Ledger, path: Path, of: str, digests: dict[str, str], table: Path) -> list[Any]:
    """Check the pictures that a model was trained on against those of the study, and add what is not yet there."""
    rows = read_rows(table, ("item_id", "path"))
    add_images(ledger, (row for row in rows if row["item_id"].startswith("images/")))
    for row in rows:
        item = row["item_id"]
        agree(
            path, of, f"inputs.pictures.{item}", digests.get(item), ledger.pictures.get(item), f"the picture of {item}"
        )
    return [ledger.made[row["item_id"]] for row in rows]


def _recordings_of(ledger: Ledger, path: Path, of: str, digests: dict[str, str], table: Path) -> list[Any]:
    """Check the recordings that a model was trained on against those of the study."""
    frames = [row["item_id"].removeprefix("frames/") for row in read_rows(table, ("item_id",))]
    for frame in frames:
        found, own = digests.get(f"frames/{frame}"), ledger.recordings.get(frame)
        agree(path, of, f"inputs.recordings.frames/{frame}", found, own, f"the recording of frame {frame}")
    return [ledger.made[f"recordings/{frame}"] for frame in frames]


def _features_of(
    ledger: Ledger, tables: dict[Path, Features], record: dict[str, Any], items: list[str]
) -> tuple[list[Path], str | None]:
    """Find the feature tables that a model was trained on, by what its record says of them; also return the digest of their values.

    Without a match, return no tables and the digest of other tables of the same backbone, if any.
    """
    cohorts = sorted({item.split("/")[0] for item in items})
    settings, digest = record["settings"], None
    trained_on = as_json(in_training(Listed(defences=record.get("defences", [])).defences))
    for folder in sorted((ledger.results / "features").iterdir()):
        paths = [folder / f"{cohort}.npz" for cohort in cohorts]
        if not all(path.is_file() for path in paths):
            continue
        for path in paths:
            if path not in tables:
                tables[path] = Features.open(path)
        made = tables[paths[0]].record
        own = (made["backbone"], made["input_size"], made["inputs"]["weights"], made.get("defences", []))
        if own != (settings["backbone"], settings["input_size"], record["inputs"]["weights"], trained_on):
            continue
        joined = Features.joined([tables[path] for path in paths])
        if not set(items) <= set(joined.item_id):  # from an earlier study with weights elsewhere
            continue
        digest = joined.select(items).digest()
        if digest == record["inputs"]["features"]:
            return paths, digest
    return [], digest


def _added_features(ledger: Ledger, path: Path, features: Features) -> Any:
    """Add a feature table, whose rows must all belong to images of the study."""
    key = f"features/{path}"
    if key in ledger.made:
        return ledger.made[key]
    features_of = path.parent if "defences" in features.record else ledger.results / "features"
    table = features_of / f"{path.stem}.csv"
    if path.stem == "images":
        add_images(ledger, read_rows(table, ("item_id", "path")))
    made_from = [ledger.table(table)]
    for item, digest in zip(features.item_id, features.image_digest, strict=True):
        agree(path, f"item {item}", "image_digest", digest, ledger.pictures.get(item), f"the picture of {item}")
        made_from.append(ledger.made[item])
    record = features.record
    ledger.made[key] = ledger.table(path)
    ledger.crate.action(
        "features", f"{path.parent.name}/{path.stem}", record, made_from, [ledger.made[key]],
        backbone=record["backbone"], input_size=record["input_size"], weights=record["inputs"]["weights"],
        code=record["inputs"]["code"], defences=record.get("defences"),
    )  # fmt: skip
    return ledger.made[key]


def _add_evaluation(ledger: Ledger, classifier: str, judged: list[dict[str, str]]) -> None:
    folder = ledger.results / "classifiers" / classifier
    path, table = folder / "evaluation.json", folder / "frames.csv"
    record = read_json(path)
    of = f"classifier {classifier}"
    agree(path, of, "inputs.table", record["inputs"]["table"], sha256_of_file(table), str(table))
    for name, digest in record["outputs"].items():
        agree(path, of, f"outputs.{name}", digest, sha256_of_file(folder / name), str(folder / name))
    for row in judged:
        frame, own = row["frame_id"], ledger.reconstructions.get(row["frame_id"])
        found = record["inputs"]["reconstructions"].get(frame)
        agree(path, f"frame {frame}", "inputs.reconstructions", found, own, f"{row['reconstruction']}.sha256")
        if "recordings" in record["inputs"]:
            found, own = record["inputs"]["recordings"].get(frame), ledger.recordings.get(frame)
            agree(path, f"frame {frame}", "inputs.recordings", found, own, f"the recording of frame {frame}")
    folds = dict.fromkeys(row["fold"] for row in judged)
    for fold in folds:
        check_model(ledger, path, f"predictors.{fold}", record["predictors"][fold]["digest"], classifier, fold)
    made_from = [ledger.made[f"models/{classifier}/{fold}"] for fold in folds]
    read = ("frames", "recordings") if "recordings" in record["inputs"] else ("frames",)
    made_from += [ledger.made[f"{kind}/{row['frame_id']}"] for row in judged for kind in read]
    made = [ledger.table(path), *(ledger.table(folder / name) for name in record["outputs"])]
    ledger.made[f"evaluations/{classifier}"], ledger.made[f"predictions/{classifier}"] = made[:2]
    ledger.crate.action(
        "evaluate", classifier, record, [ledger.table(table), *made_from], made,
        protocol=record["protocol"], predictors=record["predictors"],
    )  # fmt: skip


def check_model(ledger: Ledger, path: Path, of: str, found: str, classifier: str, fold: str) -> None:
    """Raise an error if a record names a model other than the trained one."""
    if (classifier, fold) not in ledger.models:
        raise EchoShiftError(
            f"{path}: {of}: found fold {fold} of classifier {classifier}, expected a fold of the study"
        )
    source = f"classifiers/{classifier}/folds/{fold}/digest.txt"
    agree(path, of, "the model's digest", found, ledger.models[classifier, fold], source)


def _add_selection(ledger: Ledger, classifiers: list[str]) -> None:
    """Add `selected.csv`. It has no record, so the selection is repeated and must give the same rows."""
    path = ledger.results / "selected.csv"
    predictions = [ledger.results / "classifiers" / name / "predictions.csv" for name in classifiers]
    found, expected = read_rows(path, SELECTED_COLUMNS), select(predictions)
    if found != expected:
        others = [row for row in (*found, *expected) if (row in found) != (row in expected)]
        row = (others or found)[0]
        rows = f"{path}: classifier {row['classifier']}, frame {row['frame']}: found {len(found)} rows"
        due = f"{len(expected)}, one per correctly classified or unlabelled frame in predictions.csv"
        refuse(path, rows, due)
    made = ledger.made["selected"] = ledger.table(path)
    made_from = [ledger.made[f"predictions/{name}"] for name in classifiers]
    ledger.crate.action("select", "frames", {"echoshift_version": __version__}, made_from, [made])
