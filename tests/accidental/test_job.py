"""A job keeps finished and current frames, and a killed or failed one costs no other frame."""

import json
import os
import subprocess
import sys
import time

import grey_study
import pytest
import xarray as xr
from grey_study import ask, jobs

from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.jobs import batch
from echoshift.jobs.frame_job import is_current
from echoshift.reconstruction.cache import STORE
from grey_frames import FRAMES, prepare


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


def test_a_killed_job_goes_on_with_its_third_frame_and_gives_the_same_bytes(study):
    file = study / "reconstructions/F3" / STORE / "envelope/c/0/0"
    content = file.read_bytes()
    file.unlink()
    os.mkfifo(file)  # blocks the reader
    process = subprocess.Popen([sys.executable, grey_study.__file__, study])
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
    for edit in ({"label": 0}, {"fold": "1"}, {"draws": jobs(study, draws=10)[1].draws}):
        assert not is_current(second.model_copy(update=edit), settings, "code")
    (study / "model/digest.txt").write_text("another\n")
    assert not is_current(second, settings, "code")


def test_the_ledger_has_the_names_of_a_trajectory_and_the_record_its_counts(study):
    ask(jobs(study))
    for name, label in zip(FRAMES, (None, 1, None, 1), strict=True):
        folder = study / "results" / name
        store, record = xr.open_zarr(folder / "draws.zarr"), json.loads((folder / "record.json").read_text())
        assert set(store) == {
            "query_settings", "query_scores", "query_logit", "query_wrong", "query_unknown", "query_changed", "query_kind", "low", "high",
        }  # fmt: skip
        assert dict(store.sizes) == {"query": 10, "parameter": 3, "class": 2}
        assert store.parameter.values.tolist() == ["beta", "alpha_l", "alpha_u"]
        assert record["n_changed"] == int(store.query_changed.sum())
        assert record["label_source"] == ("sheet" if label else "answer")
        assert record["label"] == (label or record["initial_answer"])
        assert record["inputs"]["reconstruction"] == (study / f"reconstructions/{name}.sha256").read_text()
        assert record["draws"]["spread"] == {"uniform": 0.5} and record["tolerance"] == 1e-3
        assert store.attrs["echoshift_version"] == record["echoshift_version"]
