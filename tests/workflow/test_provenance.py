"""Provenance from the records of a real run."""

import json
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate

from echoshift.errors import EchoShiftError
from echoshift.lineage.study import write_lineage
from echoshift.storage.files import sha256_of_file


def test_a_finished_study_lists_what_was_made_from_what(finished, monkeypatch, tmp_path):
    monkeypatch.chdir(finished.folder)
    write_lineage(Path("results"), tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == Path("results/provenance.json").read_bytes()
    made = {
        one.id: action
        for action in ROCrate(tmp_path / "again.json").get_by_type("CreateAction")
        for one in action["result"]
    }
    folders = []
    for classifier in ("folded", "once"):
        rows = finished.rows(f"classifiers/{classifier}/attacked.csv")
        folders += [row["folder"].removeprefix("results/") + "/" for row in rows]
    assert folders and {name for name in made if name.startswith("attacks/")} == set(folders)
    for name in (
        "simulated/frames/F0.h5",
        "simulated/images/I0.png",
        "figures/roc.png",
        "figures/confusion.png",
        "summary/summary.json",
    ):
        (entity,) = (one for one in made[name]["result"] if one.id == name)
        assert entity["sha256"] == sha256_of_file(Path("results") / name)
    seeds = {one["value"] for one in made["simulated/frames/F0.h5"]["object"] if one["name"] == "seed"}
    assert seeds == {str(json.loads(Path("results/study.json").read_text())["seed"])}


def test_a_recording_replaced_behind_the_workflows_back_is_named(project, monkeypatch, tmp_path):
    monkeypatch.chdir(project.folder)
    frames = project.results / "simulated/frames"
    (frames / "F3.h5").write_bytes((frames / "F1.h5").read_bytes())
    now = sha256_of_file(frames / "F3.h5")[:12]
    with pytest.raises(EchoShiftError, match=rf"frame F3: inputs.frame: found digest \w{{12}}, expected {now}"):
        write_lineage(Path("results"), tmp_path / "again.json")
