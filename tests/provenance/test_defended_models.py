"""A model with defences in training: its features of copies, the tables that these are drawn from, and what it records."""

import json
import warnings

import numpy as np
import pytest
from rocrate.rocrate import ROCrate

from echoshift.classifiers.backbones.features import Features
from echoshift.errors import EchoShiftError
from echoshift.lineage.study import write_lineage
from echoshift.storage.files import sha256_of_file
from echoshift.storage.tables import read_rows, write_rows
from summary.fake_study import edited

MODEL, PLAIN, COPIED = (
    "classifiers/once/folds/all", "features/efficientnet_lite0_32", "features/efficientnet_lite0_32_augment_1",
)  # fmt: skip
AUGMENT = {"defence": "augment", "copies": 3, "seed": 1, "settings": None}
AVERAGE = {"defence": "average", "versions": 8, "reach": 0.1}


@pytest.fixture
def defended(study):
    """The model of `once` is trained on copies, the other ones on the pictures alone."""
    tables = []
    for cohort in ("frames", "images"):
        plain = Features.open(study / PLAIN / f"{cohort}.npz")
        values = plain.values[:, None] + np.arange(3, dtype=np.float32)[:, None]
        record = {**plain.record, "defences": [AUGMENT]}
        tables.append(Features(plain.item_id, values, plain.image_digest, record))
        tables[-1].save(study / COPIED / f"{cohort}.npz")
        rows = [{**row, "box": "{}"} for row in read_rows(study / f"features/{cohort}.csv", ("item_id", "path"))]
        write_rows(study / COPIED / f"{cohort}.csv", ("item_id", "path", "box"), rows)
    items = [row["item_id"] for row in read_rows(study / MODEL / "training.csv", ("item_id",))]
    with edited(study / MODEL / "record.json") as record:
        record["defences"] = [AUGMENT, AVERAGE]
        record["inputs"]["features"] = Features.joined(tables).select(items).digest()
        for cohort in ("frames", "images"):
            record["inputs"][f"copies.{cohort}"] = sha256_of_file(study / COPIED / f"{cohort}.csv")
    return study


def test_a_defended_model_is_traced_to_its_copies(defended):
    write_lineage(defended, defended / "provenance.json")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        crate = ROCrate(defended / "provenance.json")
    actions = {action.id: action for action in crate.get_by_type("CreateAction")}
    made_from = {key: {one.id for one in action["object"]} for key, action in actions.items()}
    of_model = made_from["#train/once/all"]
    tables = {f"{COPIED}/{cohort}.{end}" for cohort in ("frames", "images") for end in ("npz", "csv")}
    assert tables <= of_model and not any(one.startswith(f"{PLAIN}/") for one in of_model)
    assert {f"{PLAIN}/frames.npz", f"{PLAIN}/images.npz"} <= made_from["#train/folded/0"]
    of_features = made_from["#features/efficientnet_lite0_32_augment_1/frames"]
    assert {f"{COPIED}/frames.csv", *(f"reconstructions/F{i}/" for i in range(4))} <= of_features

    def defences_of(action):
        (found,) = (json.loads(one["value"]) for one in actions[action]["object"] if one.get("name") == "defences")
        return found

    assert defences_of("#train/once/all") == [AUGMENT, AVERAGE]
    assert defences_of("#features/efficientnet_lite0_32_augment_1/frames") == [AUGMENT]


def test_a_model_of_other_copies_is_refused(defended):
    table = defended / COPIED / "images.csv"
    table.write_text(table.read_text().replace("{}", '"{""wide"": 1}"', 1))
    with pytest.raises(EchoShiftError, match=rf"once, fold all: inputs.copies.images: found digest .*{COPIED}/images"):
        write_lineage(defended, defended / "provenance.json")


def test_a_model_whose_record_lost_its_defences_is_refused(defended):
    with edited(defended / MODEL / "record.json") as record:
        del record["defences"]
    with pytest.raises(EchoShiftError, match=r"once, fold all: inputs.features: found digest"):
        write_lineage(defended, defended / "provenance.json")
