"""Accidental changes in the tiny study: what they write, and what an edit runs again."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import xarray as xr

from echoshift.errors import EchoShiftError
from echoshift.lineage.study import write_lineage
from echoshift.summary.accidental_results import write_accidental_results
from echoshift.summary.cohort import Cohort


@pytest.fixture(scope="module")
def asked(finished, tmp_path_factory):
    """The tiny study after a run with two spreads of its first classifier."""
    project = finished.copy(tmp_path_factory.mktemp("asked"))
    spreads = {"near": {"uniform": 0.25}, "far": {"normal": {"beta": 0.2, "alpha_l": 5.0}}}
    section = {"draws": 12, "spreads": spreads, "settings": {"beta": {"min": 0.7, "max": 1.1}, "alpha_l": {}}}
    project.edit_config(lambda config: config.update(accidental=section))
    project.added = project.run()
    return project


@pytest.fixture
def project(asked, tmp_path_factory):
    return asked.copy(tmp_path_factory.mktemp("copy"))


def records_made(project):
    return {path: path.stat().st_mtime_ns for path in project.results.glob("accidental/*/*/*/record.json")}


def computed_again(project, before):
    return {path.parts[-3:-1] for path, made in records_made(project).items() if before.get(path) != made}


AFTER_THE_DRAWS = {"accidental_results": 1, "summarise": 1, "figures": 1, "page": 1, "provenance": 1}


def edit_spread(project, **spread):
    project.edit_config(lambda config: config["accidental"]["spreads"].update(spread))


def test_the_section_adds_its_own_jobs_and_outputs_alone(asked):
    assert asked.added == {"accidental": 4, **AFTER_THE_DRAWS}  # two folds, two spreads
    rows = asked.rows("accidental/frames.csv")
    assert [(row["classifier"], row["spread"]) for row in rows[::8]] == [("folded", "near"), ("folded", "far")]
    assert len({row["frame_id"] for row in rows}) == 8 and {row["draws"] for row in rows} == {"12"}
    predictions = {row["frame_id"]: row for row in asked.rows("classifiers/folded/predictions.csv")}
    for row in rows:
        folder = asked.results / row["folder"]
        store = xr.open_zarr(folder / "draws.zarr")
        assert float(store.query_logit[0]) == float(predictions[row["frame_id"]]["logit"])
        assert int(store.query_changed.sum()) == int(row["changed"]) and not store.query_changed[0]
        assert list(store.query_kind.values) == ["initial", *["sample"] * 12]
        assert store.query_wrong[0] == (predictions[row["frame_id"]]["correct"] == "false")
        assert store.query_settings.parameter_units == ["dB/(cm MHz)", "dB"]
    summary = json.loads((asked.results / "accidental/summary.json").read_text())
    evaluation = json.loads((asked.results / "classifiers/folded/evaluation.json").read_text())
    for record in summary["results"]:
        assert record["initial_accuracy"] == evaluation["accuracy"]
        assert record["initial_auc"] == pytest.approx(evaluation["auc"])
    assert (asked.results / "figures/accidental.png").stat().st_size > 5000
    assert asked.output.count("Accidental change (") == 2  # the headline
    assert (asked.results / "figures/headline.html").read_text().count("Accidental change (") == 2
    provenance = (asked.results / "provenance.json").read_text()
    assert provenance.count('"@id": "#accidental/folded/') >= 16 and "figures/accidental.png" in provenance


def test_a_changed_spread_reruns_its_own_jobs_alone(project):
    assert not project.run()
    before = records_made(project)
    edit_spread(project, near={"uniform": 0.3})
    assert project.run() == {"accidental": 2, **AFTER_THE_DRAWS}
    assert {spread for spread, _ in computed_again(project, before)} == {"near"}


def test_what_else_is_edited_reruns_what_it_determines(project):
    before = records_made(project)
    project.edit_frames("F2", beta_min="0.8")
    jobs = project.run("accidental_results")
    assert jobs == {"accidental": 2, "accidental_results": 1}
    assert computed_again(project, before) == {("near", "F2"), ("far", "F2")}  # a job keeps what is current
    project.edit_config(lambda config: config["accidental"]["spreads"].pop("far"))
    assert project.run("accidental_results") == {"accidental_results": 1}
    assert len(project.rows("accidental/frames.csv")) == 8
    project.edit_config(lambda config: config["accidental"].update(draws=13))
    assert project.run("-n", "accidental_results") == {"accidental": 2, "accidental_results": 1}
    project.edit_config(lambda config: config["accidental"].update(classifiers=["once", "folded"]))
    jobs = project.run("-n", "accidental_results")
    assert jobs == {"accidental": 3, "accidental_results": 1}
    project.edit_config(lambda config: config.pop("accidental"))
    assert not project.run("-n", "--until", "summarise")["accidental"]


def test_more_draws_begin_with_the_same_answers(project):
    def answers(frame):
        return xr.open_zarr(project.results / f"accidental/folded/near/{frame}/draws.zarr").load()

    before = answers("F3")
    project.edit_config(lambda config: config["accidental"].update(draws=15))
    project.run("accidental_results")
    after = answers("F3")
    for name in ("query_settings", "query_scores", "query_changed"):
        assert (after[name][:13].values == before[name].values).all() and len(after[name]) == 16


def test_a_missing_result_is_refused_with_the_command_that_repairs_it(project):
    before = (project.results / "accidental/frames.csv").read_bytes()
    shutil.rmtree(project.results / "accidental/folded/near/F2")
    project.run("--forcerun", "accidental_results", "--until", "accidental_results", succeed=False)
    (line,) = project.complaints
    command = re.search(r"not found for frame F2, expected a finished result; repair: (.*) and run again", line)[1]
    subprocess.run(command.replace("rm -r", "rm -rf"), shell=True, cwd=project.folder, check=True)
    assert project.run("accidental_results")["accidental"] == 1
    assert (project.results / "accidental/frames.csv").read_bytes() == before


def test_a_record_of_something_else_is_refused_by_the_tables_and_the_provenance(project, monkeypatch):
    monkeypatch.chdir(project.folder)
    results, path = Path("results"), Path("results/accidental/folded/near/F2/record.json")
    (run,) = [
        path for path in Path(".snakemake/echoshift").glob("study-*") if json.loads(path.read_text())["accidental"]
    ]
    cohort = Cohort.model_validate(json.loads(run.read_text())["cohort"])
    write_accidental_results(results, run, ["folded"], ["near", "far"], cohort)
    write_lineage(results, Path("again.json"), accidental=True)
    assert Path("again.json").read_bytes() == (project.results / "provenance.json").read_bytes()
    record = json.loads(path.read_text())
    for field, value in (("label", 1), ("fold", "9"), ("draws", {}), ("inputs", record["inputs"] | {"model": "x"})):
        path.write_text(json.dumps(record | {field: value}))
        with pytest.raises(
            EchoShiftError, match=rf"record.json: frame F2: {field}: found .*; repair: rm -r results/acc"
        ):
            write_accidental_results(results, run, ["folded"], ["near", "far"], cohort)
        with pytest.raises(EchoShiftError, match=r"(inputs.accidental|the model's digest): found digest .*; repair: "):
            write_lineage(results, Path("again.json"), accidental=True)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ({"spreads": {"near": {}}}, "accidental.spreads.near: found {}, expected either uniform or normal"),
        (
            {"classifiers": ["other"]},
            "accidental.classifiers: found 'other', expected entries of classifiers: folded, once",
        ),
        ({"settings": {"beta": {"min": 1.0}}}, "accidental.settings.beta: found"),
    ],
)
def test_mistakes_are_found_before_anything_runs(project, edit, expected):
    project.edit_config(lambda config: config["accidental"].update({"spreads": {"near": {"uniform": 0.2}}} | edit))
    assert not project.run(succeed=False)
    (line,) = [line for line in project.process.stderr.splitlines() if line.startswith("echoshift: error: ")]
    assert expected in line
