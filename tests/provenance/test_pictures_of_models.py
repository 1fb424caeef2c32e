"""The pictures that a model read itself: a texture classifier has no table of features."""

import json
import warnings

import pytest
from rocrate.rocrate import ROCrate

from echoshift.errors import EchoShiftError
from echoshift.formats.images import read_image
from echoshift.lineage.study import write_lineage
from echoshift.records.provenance import image_digest
from provenance.fabricated import sha
from summary.fake_study import edited

FOLDER = "classifiers/once/folds/all"


@pytest.fixture
def texture_study(study):
    """The model of `once` has read pictures instead of features."""
    with edited(study / FOLDER / "record.json") as record:
        pictures = {f"frames/F{i}": sha(f"picture of F{i}") for i in range(4)}
        for name in ("I0", "I1"):
            pictures[f"images/{name}"] = image_digest(read_image(study / f"simulated/images/{name}.png"))
        record["inputs"] = {"table": record["inputs"]["table"], "pictures": pictures}
    return study


def test_a_model_is_traced_to_its_pictures(texture_study):
    write_lineage(texture_study, texture_study / "provenance.json")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        crate = ROCrate(texture_study / "provenance.json")
    (action,) = (
        one for one in crate.get_by_type("CreateAction") if f"{FOLDER}/" in {made.id for made in one["result"]}
    )
    made_from = {one.id for one in action["object"]}
    assert {
        "simulated/images/I0.png",
        "simulated/images/I1.png",
        *(f"reconstructions/F{i}/" for i in range(4)),
    } <= made_from
    assert not any("features" in one for one in made_from)


@pytest.mark.parametrize("item", ["frames/F2", "images/I1"])
def test_a_model_of_other_pictures_is_refused(texture_study, item):
    with edited(texture_study / FOLDER / "record.json") as record:
        record["inputs"]["pictures"][item] = "0" * 64
    with pytest.raises(
        EchoShiftError, match=rf"once, fold all: inputs.pictures.{item}: found digest 0{{12}}, expected"
    ):
        write_lineage(texture_study, texture_study / "provenance.json")
    assert json.loads((texture_study / FOLDER / "record.json").read_text())
