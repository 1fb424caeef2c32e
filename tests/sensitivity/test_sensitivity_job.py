"""A job keeps finished and current frames, takes slices from a current field alone, and a killed one costs no other frame."""

import json
import os
import subprocess
import sys
import time

import grey_sensitivity
import numpy as np
import pytest
import xarray as xr
from grey_sensitivity import ask, jobs, lattices

from echoshift.attacks.job import run_attack
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.jobs import batch
from echoshift.jobs.frame_job import is_current
from echoshift.reconstruction.cache import STORE
from echoshift.sensitivity.ledger import slices_of
from grey_frames import FRAMES, Grey, prepare


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "open_predictor", batch.open_predictor)  # restored after the test
    prepare(tmp_path)
    return tmp_path


def made(study):
    return {path.parent.name: path.stat().st_mtime_ns for path in sorted(study.glob("results/*/record.json"))}


def computed(before, after):
    return [name for name in after if before.get(name) != after[name]]


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def record(study, name, output="results"):
    return json.loads((study / output / name / "record.json").read_text())


def test_a_killed_job_goes_on_with_its_third_frame_and_gives_the_same_bytes(study):
    file = study / "reconstructions/F3" / STORE / "envelope/c/0/0"
    content = file.read_bytes()
    file.unlink()
    os.mkfifo(file)  # blocks the reader
    process = subprocess.Popen([sys.executable, grey_sensitivity.__file__, study])
    try:
        deadline = time.monotonic() + 120
        while len(made(study)) < 2:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    before = made(study)
    file.unlink()
    file.write_bytes(content)
    ask(jobs(study))
    assert computed(before, made(study)) == ["F3", "F4"]
    ask(jobs(study, "uninterrupted"))
    finished = {path: text for path, text in contents(study / "results").items() if ".draft" not in str(path)}
    assert finished == contents(study / "uninterrupted")


def test_a_frame_that_fails_costs_no_other(study):
    file = study / "reconstructions/F3" / STORE / "envelope/c/0/0"
    content = file.read_bytes()
    file.write_bytes(b"")
    with pytest.raises(EchoShiftError, match=r"^1 of 4 frames failed: .*F3"):
        ask(jobs(study))
    before = made(study)
    assert list(before) == ["F1", "F2", "F4"]
    file.write_bytes(content)
    ask(jobs(study))
    assert computed(before, made(study)) == ["F3"]


def test_what_is_not_current_is_asked_again(study):
    ask(jobs(study))
    before = made(study)
    ask(jobs(study))
    assert computed(before, made(study)) == []
    (study / "reconstructions/F3.sha256").write_text("another")
    ask([jobs(study, seed=2)[0], *jobs(study)[1:]])
    assert computed(before, made(study)) == ["F1", "F3"]
    second, settings = jobs(study)[1], PredictorSettings()
    assert is_current(second, settings, "code")
    assert not is_current(second, settings, "another")
    assert not is_current(second, PredictorSettings(engine="tensorflow"), "code")
    for edit in ({"label": 0}, {"fold": "1"}, {"design": jobs(study, steps=6)[1].design}):
        assert not is_current(second.model_copy(update=edit), settings, "code")
    (study / "model/digest.txt").write_text("another\n")
    assert not is_current(second, settings, "code")


def test_the_store_has_queries_slices_and_indices_and_the_record_a_part_of_them(study):
    ask(jobs(study))
    for name, label in zip(FRAMES, (None, 1, None, 1), strict=True):
        store, found = xr.open_zarr(study / "results" / name / "sensitivity.zarr"), record(study, name)
        assert set(store) == {
            "query_settings", "query_scores", "query_logit", "query_wrong", "query_unknown", "query_kind", "sweep_beta", "sweep_alpha_l",
            "map_beta_alpha_l", "first", "total", "low", "high",
        }  # fmt: skip
        assert store.map_beta_alpha_l.dims == ("map_value_beta", "map_value_alpha_l", "class")
        assert store.parameter.values.tolist() == ["beta", "alpha_l"] and found["n_queries"] == store.sizes["query"]
        assert store.sweep_value_beta.units == "dB/(cm MHz)"
        np.testing.assert_array_equal(store.total, found["total"])
        assert found["slices_from"] is None and found["tolerance"] == 1e-3
        assert found["label_source"] == ("sheet" if label else "answer")
        assert found["label"] == (label or found["initial_answer"])
        assert store.attrs["echoshift_version"] == found["echoshift_version"]


def test_a_current_field_is_used_and_gives_what_asking_gives(study):
    fields = lattices(study)
    run_attack(fields["F1"], Grey(), "lattice")
    ask(jobs(study, lattices=fields))
    ask(jobs(study, "asked"))
    assert record(study, "F1")["slices_from"]["attack"] == "bound" and record(study, "F2")["slices_from"] is None
    assert record(study, "F1")["n_queries"] < record(study, "F1", "asked")["n_queries"]
    assert record(study, "F1")["total"] == record(study, "F1", "asked")["total"]
    taken, asked = (
        slices_of(xr.open_zarr(study / output / "F1/sensitivity.zarr").load()) for output in ("results", "asked")
    )
    sweep, other = taken[0], asked[0]
    np.testing.assert_array_equal(sweep.values[0], other.values[0])
    np.testing.assert_allclose(sweep.scores, other.scores, rtol=1e-6)
    np.testing.assert_allclose(taken[2].scores[::2], asked[2].scores, rtol=1e-6)  # 5 x 3 and 3 x 3 values
    before = made(study)
    ask(jobs(study))  # a result stays current without its field
    assert computed(before, made(study)) == []


def test_a_field_of_something_else_is_not_used(study):
    fields = lattices(study)
    run_attack(fields["F1"], Grey(), "lattice")
    first = jobs(study, lattices=fields)[0]
    ask([first], lattice_code="edited since")
    assert record(study, "F1")["slices_from"] is None
    smaller = {"beta": {"min": 0.7, "max": 1.0}, "alpha_l": {"min": 9.0, "max": 11.0}}
    ask([jobs(study, lattices=fields, settings=smaller)[0]])
    assert record(study, "F1")["slices_from"] is None
    ask([first], code="again")
    assert record(study, "F1")["slices_from"]["attack"] == "bound"
    (study / "model/digest.txt").write_text("another\n")  # the lattice asked another model
    ask([first], code="once more")
    assert record(study, "F1")["slices_from"] is None
