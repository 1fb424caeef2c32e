"""The run that a job belongs to: an orphan writes nothing, and an edit does not affect a started run."""

import json
import os
import subprocess

import pytest

from echoshift.errors import EchoShiftError
from echoshift.storage.files import write_text, written_whole
from echoshift.storage.run import VARIABLE, join_run, study_of_run


@pytest.fixture
def in_a_run(tmp_path, monkeypatch):
    """Function that joins a run. The environment is restored after the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.delenv(VARIABLE)
    return lambda study="{}": join_run(study, attacks="{}")


def schedule_by(process, **more):
    os.environ[VARIABLE] = json.dumps({**json.loads(os.environ[VARIABLE]), "process": process, **more})


def dead_process():
    with subprocess.Popen(["true"]) as process:
        pass
    return process.pid


def test_a_job_whose_scheduler_is_dead_writes_nothing(tmp_path, in_a_run):
    in_a_run()
    write_text(tmp_path / "table.csv", "older")
    dead, alive = dead_process(), os.environ[VARIABLE]
    expected = f"table.csv: not written: .*found no process {dead}, expected its scheduler"
    schedule_by(dead)
    with pytest.raises(EchoShiftError, match=expected):
        write_text(tmp_path / "table.csv", "newer")
    os.environ[VARIABLE] = alive
    with pytest.raises(EchoShiftError, match=expected), written_whole(tmp_path / "table.csv") as draft:
        draft.write_text("newer")
        schedule_by(dead)  # killed meanwhile
    assert (tmp_path / "table.csv").read_text() == "older"
    assert {path.name for path in tmp_path.iterdir()} == {"table.csv", ".snakemake"}


def test_a_scheduler_on_another_machine_is_taken_to_be_alive(tmp_path, in_a_run):
    in_a_run()
    schedule_by(dead_process(), host="another.machine")
    write_text(tmp_path / "table.csv", "newer")
    assert (tmp_path / "table.csv").read_text() == "newer"


def test_a_job_keeps_to_the_study_that_its_run_began_with(tmp_path, in_a_run):
    in_a_run('{"seed": 1}')
    older = os.environ[VARIABLE]
    in_a_run('{"seed": 2}')  # a dry run in the same folder, say
    assert json.loads(study_of_run()) == {"seed": 2}
    os.environ[VARIABLE] = older
    assert json.loads(study_of_run()) == {"seed": 1}
    for path in (tmp_path / ".snakemake/echoshift").iterdir():
        path.unlink()
    with pytest.raises(EchoShiftError, match=r"study-\w{16}\.json: cannot be read: No such file"):
        study_of_run()
    del os.environ[VARIABLE]
    with pytest.raises(EchoShiftError, match=f"{VARIABLE}: found nothing, expected the scheduler's environment"):
        study_of_run()
