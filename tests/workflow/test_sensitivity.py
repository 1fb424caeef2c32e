"""Sensitivity in the tiny study: it runs on request alone, and nothing else runs again."""

import json
import re
import shutil
import subprocess

import pytest
import xarray as xr

BOX = {"beta": {"min": 0.7, "max": 1.1}, "alpha_l": {}}
COARSE = {"beta": {"min": 0.7, "max": 1.1, "rate": 0.2}, "alpha_l": {"rate": 2.5}}


@pytest.fixture(scope="module")
def asked(finished, tmp_path_factory):
    """The tiny study after `snakemake sensitivity`, of its first classifier."""
    project = finished.copy(tmp_path_factory.mktemp("asked"))
    section = {"samples": 4, "steps": 3, "pairs": 2, "settings": BOX}
    project.edit_config(lambda config: config.update(sensitivity=section))
    assert "sensitivity_of_frames" not in project.run("-n")  # the plain workflow asks nothing
    project.added = project.run("sensitivity")
    project.afterwards = project.run()
    return project


@pytest.fixture
def project(asked, tmp_path_factory):
    return asked.copy(tmp_path_factory.mktemp("copy"))


def records_made(project):
    return {path: path.stat().st_mtime_ns for path in project.results.glob("sensitivity/*/*/record.json")}


def computed_again(project, before):
    return sorted(path.parts[-2] for path, made in records_made(project).items() if before.get(path) != made)


def test_on_request_it_runs_alone_and_leaves_the_study_with_nothing_to_do(asked):
    assert asked.added == {"sensitivity_of_frames": 2, "sensitivity_results": 1, "sensitivity": 1}  # two folds
    assert asked.afterwards == {"list_swept": 1, "summarise": 1, "figures": 1, "page": 1, "provenance": 1}
    assert not asked.run("-n") and not asked.run("-n", "sensitivity").keys() - {"sensitivity"}
    rows = asked.rows("sensitivity/frames.csv")
    assert len(rows) == 16 and {row["setting"] for row in rows} == {"beta", "alpha_l"}
    assert {row["slices_from"] for row in rows} == {"asked"}
    predictions = {row["frame_id"]: row for row in asked.rows("classifiers/folded/predictions.csv")}
    for row in rows:
        store = xr.open_zarr(asked.results / row["folder"] / "sensitivity.zarr")
        assert float(store.query_logit[0]) == float(predictions[row["frame_id"]]["logit"])
        assert store.sweep_beta.shape == (3, 2) and store.map_beta_alpha_l.shape == (2, 2, 2)
        assert store.query_wrong[0] == (predictions[row["frame_id"]]["correct"] == "false")
    indices = asked.rows("sensitivity/indices.csv")
    assert [(row["true_class"], row["setting"], row["n_frames"]) for row in indices[::2]] == [
        ("", "beta", "8"), ("healthy", "beta", "4"), ("fatty", "beta", "4"),
    ]  # fmt: skip
    summary = json.loads((asked.results / "sensitivity/summary.json").read_text())
    assert len(summary["results"]) == len(indices)
    assert (asked.results / "figures/sensitivity.png").stat().st_size > 5000


def test_its_wrong_answers_count_for_robust_accuracy(asked):
    """Its box is that of the tiny study's attacks."""
    flipped = set()
    for row in asked.rows("classifiers/folded/predictions.csv"):
        store = xr.open_zarr(asked.results / f"sensitivity/folded/{row['frame_id']}/sensitivity.zarr")
        if row["correct"] == "true" and store.query_wrong.any():
            flipped.add(row["frame_id"])
    rows = [row for row in asked.rows("summary/robustness.csv") if row["classifier"] == "folded"]
    assert {row["frame_id"] for row in rows if "sensitivity" in row["flipped_by"].split()} == flipped and flipped
    assert all(row["robust"] == "0" for row in rows if row["frame_id"] in flipped)


def test_an_edit_reruns_what_it_determines_on_request(project):
    before = records_made(project)
    project.edit_frames("F2", beta_min="0.8")
    assert project.run("sensitivity_results") == {"sensitivity_of_frames": 1, "sensitivity_results": 1}
    assert computed_again(project, before) == ["F2"]  # a job keeps what is current
    project.edit_config(lambda config: config["sensitivity"].update(seed=2))
    assert project.run("-n", "sensitivity_results") == {"sensitivity_of_frames": 2, "sensitivity_results": 1}
    project.edit_config(lambda config: config["sensitivity"].update(classifiers=["once", "folded"]))
    assert project.run("-n", "sensitivity_results") == {"sensitivity_of_frames": 3, "sensitivity_results": 1}
    project.edit_config(lambda config: config.pop("sensitivity"))
    assert not project.run("-n", "sensitivity")["sensitivity_results"]


def test_the_fields_of_a_lattice_are_used(project):
    lattice = {"method": "lattice", "settings": COARSE, "classifiers": ["folded"], "on_request": True}
    project.edit_config(lambda config: config["attacks"].update(bound=lattice))
    project.run("bound")
    assert not project.run("-n", "sensitivity").keys() - {"sensitivity"}  # finished results stay
    project.edit_config(lambda config: config["sensitivity"].update(seed=2))
    project.run("sensitivity")
    attacked = {path.parent.name for path in project.results.glob("attacks/folded/bound/*/record.json")}
    taken = {row["frame_id"] for row in project.rows("sensitivity/frames.csv") if row["slices_from"] == "bound"}
    assert taken == attacked and attacked


def test_a_missing_result_is_refused_with_the_command_that_repairs_it(project):
    before = (project.results / "sensitivity/frames.csv").read_bytes()
    shutil.rmtree(project.results / "sensitivity/folded/F2")
    project.run(
        "--forcerun", "sensitivity_results", "--until", "sensitivity_results", "--", "sensitivity", succeed=False
    )
    (line,) = project.complaints
    command = re.search(r"not found for frame F2, expected a finished result; repair: (.*) and run again", line)[1]
    subprocess.run(command.replace("rm -r", "rm -rf"), shell=True, cwd=project.folder, check=True)
    assert project.run("sensitivity_results")["sensitivity_of_frames"] == 1
    assert (project.results / "sensitivity/frames.csv").read_bytes() == before
