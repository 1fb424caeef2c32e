import json
import shutil
import warnings

import numpy as np
import pytest
from rocrate.rocrate import ROCrate

from echoshift import __version__
from echoshift.lineage.ledger import comment_of
from echoshift.lineage.study import write_lineage
from echoshift.storage.files import sha256_of_file
from echoshift.storage.png import write_png
from summary.fake_study import edited, verb


@pytest.fixture
def crate(study):
    """The written crate as the library reads it; it warns about data that the root does not list."""
    write_lineage(study, study / "provenance.json")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return ROCrate(study / "provenance.json")


def ids(entities):
    return {entity if isinstance(entity, str) else entity.id for entity in entities}


def test_every_link_resolves_to_an_entity(crate, study):
    graph = json.loads((study / "provenance.json").read_text())["@graph"]
    known = [entity["@id"] for entity in graph]
    assert len(known) == len(set(known))
    links = [
        link["@id"]
        for entity in graph
        for values in entity.values()
        for link in (values if isinstance(values, list) else [values])
        if isinstance(link, dict)
    ]
    assert set(links) - set(known) == {"https://w3id.org/ro/crate/1.1"}  # the specification itself
    assert len(crate.get_entities()) == len(known)
    for entity in graph:
        if entity["@type"] in ("File", "Dataset"):
            assert (study / entity["@id"]).exists(), entity["@id"]


def test_every_made_thing_has_one_action(crate):
    actions = crate.get_by_type("CreateAction")
    made = [entity.id for action in actions for entity in action["result"]]
    assert len(made) == len(set(made))
    verbs = [action.id.split("/")[0] for action in actions]
    assert {verb: verbs.count(verb) for verb in verbs} == {
        "#simulate": 4 + 2, "#reconstruct": 4, "#features": 2, "#train": 3, "#evaluate": 2, "#select": 1,
        "#attack": 2 * 2 * 4, "#confirm": 2, "#summarise": 1, "#figures": 7 + 2 * 2 * 2, "#page": 1,
    }  # fmt: skip
    assert ids(crate.root_dataset["mentions"]) == ids(actions)


def test_an_attack_is_traced_to_its_simulated_frame(crate, study):
    by_result = {one.id: action for action in crate.get_by_type("CreateAction") for one in action["result"]}
    attack = by_result["attacks/folded/descent/F1/"]
    assert attack["instrument"]["name"] == "echoshift attack"
    assert attack["instrument"]["softwareVersion"] == __version__
    assert {one["name"] for one in attack["instrument"]["softwareRequirements"]} == {"python", "numpy", "zarr"}
    parameters = {one["name"]: one["value"] for one in attack["object"] if one.type == "PropertyValue"}
    assert parameters["label"] == "1"
    assert json.loads(parameters["search"])["max_queries"] == 40
    record = study / "attacks/folded/descent/F1/record.json"
    assert attack["result"][0]["identifier"] == f"sha256:{sha256_of_file(record)}"
    inputs = ids(attack["object"])
    assert {"reconstructions/F1/", "classifiers/folded/folds/1/"} <= inputs
    (source,) = (one for one in by_result["reconstructions/F1/"]["object"] if one.type == "File")
    assert source.id == "simulated/frames/F1.h5"
    assert source["sha256"] == sha256_of_file(study / source.id)
    assert by_result[source.id]["instrument"]["name"] == "echoshift simulate"
    trained_on = ids(by_result["classifiers/folded/folds/1/"]["object"])
    assert "features/efficientnet_lite0_32/frames.npz" in trained_on


def test_bytes_depend_on_neither_place_nor_time(study, tmp_path, monkeypatch):
    write_lineage(study, study / "provenance.json")
    other = tmp_path / "elsewhere"
    shutil.copytree("results", other / "results")
    monkeypatch.chdir(other)
    verb("provenance", "--results", "results", "-o", "results/provenance.json")
    first = (tmp_path / "results/provenance.json").read_bytes()
    assert (other / "results/provenance.json").read_bytes() == first
    assert str(tmp_path).encode() not in first
    assert b"datePublished" not in first and b"Time" not in first


def test_a_recording_outside_the_results_is_listed_by_name_only(study, tmp_path):
    table = study / "frames.csv"
    (tmp_path / "own").mkdir()
    shutil.move(study / "simulated/frames/F2.h5", tmp_path / "own/F2.h5")
    table.write_text(table.read_text().replace("results/simulated/frames/F2.h5", str(tmp_path / "own/F2.h5")))
    for name in ("folded", "once"):  # they were confirmed with the earlier table
        with edited(study / f"classifiers/{name}/confirmed.json") as record:
            record["inputs"]["frames"] = sha256_of_file(table)
    summary = study / "summary/record.json"
    with edited(summary) as record:
        record["inputs"]["files"] = {name: sha256_of_file(study / name) for name in record["inputs"]["files"]}
    for path in (study / "figures").rglob("*.png"):
        redraw(path, lambda about: about["inputs"]["files"].update({"summary/record.json": sha256_of_file(summary)}))
    write_lineage(study, study / "provenance.json")
    text = (study / "provenance.json").read_text()
    assert str(tmp_path) not in text
    source = ROCrate(study / "provenance.json").get("#frames/F2/F2.h5")
    assert source["sha256"] == sha256_of_file(tmp_path / "own/F2.h5")
    assert source.type == "MediaObject"


def redraw(path, edit):
    about = comment_of(path)
    edit(about)
    write_png(path, np.zeros((16, 16), np.uint8), about)
