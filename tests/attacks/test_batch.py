"""A batch keeps finished and current results, and a failed frame does not affect the others."""

import os
import subprocess
import sys
import time

import batch_study
import pytest
from batch_study import FRAMES, attack, envelope_file, jobs, prepare

from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.jobs import batch, frame_job
from echoshift.jobs.frame_job import is_current


@pytest.fixture(autouse=True)
def grey_level(monkeypatch):
    monkeypatch.setattr(batch, "open_predictor", batch.open_predictor)  # restored after the test


@pytest.fixture
def study(tmp_path):
    prepare(tmp_path)
    return tmp_path


def made(study):
    """Modification time of each frame's record."""
    return {path.parent.name: path.stat().st_mtime_ns for path in sorted(study.glob("attacks/*/record.json"))}


def computed(before, after):
    return [name for name in after if before.get(name) != after[name]]


def test_a_frame_that_fails_costs_no_other_and_is_computed_alone_by_the_retry(study):
    damaged = envelope_file(study, "F3")
    content = damaged.read_bytes()
    damaged.write_bytes(b"")
    with pytest.raises(EchoShiftError, match=r"^1 of 5 frames failed: .*F3"):
        attack(jobs(study))
    before = made(study)
    assert list(before) == ["F1", "F2", "F4", "F5"]
    damaged.write_bytes(content)
    attack(jobs(study))
    assert computed(before, made(study)) == ["F3"]


def test_a_batch_killed_in_its_third_frame_goes_on_with_it(study):
    file = envelope_file(study, "F3")
    content = file.read_bytes()
    file.unlink()
    os.mkfifo(file)  # blocks the reader
    process = subprocess.Popen([sys.executable, batch_study.__file__, study])
    try:
        deadline = time.monotonic() + 120
        while len(made(study)) < 2:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.5)
    finally:
        process.kill()
        process.wait()
    before = made(study)
    assert list(before) == ["F1", "F2"]
    file.unlink()
    file.write_bytes(content)
    attack(jobs(study))
    assert computed(before, made(study)) == ["F3", "F4", "F5"]


def test_a_forced_batch_computes_all_its_frames_again(study):
    attack(jobs(study))
    before = made(study)
    attack(jobs(study))
    assert computed(before, made(study)) == []
    attack(jobs(study), again=True)
    assert computed(before, made(study)) == list(FRAMES)


def other_fold(study):
    return [job.model_copy(update={"fold": "1"}) if job.frame == "F3" else job for job in jobs(study)]


def other_search(study):
    return [*jobs(study)[:2], jobs(study, max_queries=9)[2], *jobs(study)[3:]]


def other_reconstruction(study):
    (study / "reconstructions/F3.sha256").write_text("another")
    return jobs(study)


def without_store(study):
    (study / "attacks/F3/trajectory.zarr/zarr.json").unlink()
    return jobs(study)


def damaged_record(study):
    (study / "attacks/F3/record.json").write_text("{")
    return jobs(study)


@pytest.mark.parametrize("change", [other_fold, other_search, other_reconstruction, without_store, damaged_record])
def test_what_is_not_current_is_computed_again_alone(study, change):
    attack(jobs(study))
    before = made(study)
    attack(change(study))
    assert computed(before, made(study)) == ["F3"]


def test_another_model_code_engine_or_package_makes_all_frames_due(study, monkeypatch):
    attack(jobs(study))
    (job, *_), settings = jobs(study), PredictorSettings()
    assert is_current(job, settings, "code")
    assert not is_current(job, settings, "another")
    assert not is_current(job, PredictorSettings(engine="tensorflow"), "code")
    (study / "model/digest.txt").write_text("another\n")
    assert not is_current(job, settings, "code")
    (study / "model/digest.txt").write_text(f"{batch_study.Brightness.digest}\n")
    versions = frame_job.package_versions
    monkeypatch.setattr(frame_job, "package_versions", lambda names: {**versions(names), "numpy": "1.0"})
    assert not is_current(job, settings, "code")
