"""Kills, orphans, a full disk, a read-only folder: a resumed study has the same bytes as the undisturbed one.

Each test first edits the study and then reverts the edit, so that results are computed and not just kept.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
import xarray as xr
from disturbed import attacked, wait_until_gone
from random_kills import ATTACKS_ONLY, random_kills
from study_project import TARGETS

from common import lacking
from echoshift.attacks.trajectory import RECORD, TRAJECTORY


def required(command):
    """Run a command that needs root, or skip. In CI it must work."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lacking(f"{command[0]}: {done.stderr.strip()}")


@contextmanager
def unmounted_after(folder):
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.thorough
def test_random_kills(finished, tmp_path_factory):
    some = {**ATTACKS_ONLY, "in_a_row": 2, "targets": TARGETS}
    seed = random.randrange(1_000)
    assert random_kills(finished, lambda: tmp_path_factory.mktemp("kill"), 2, seed, **some) == 0


def test_orphans_that_wake_during_and_after_the_resumed_run_change_nothing(finished, disturbed):
    disturbed.edit_bound()
    disturbed.start(*TARGETS)
    orphans = disturbed.wait_for_jobs("attack", number=2)
    disturbed.kill_scheduler()
    for orphan in orphans:
        orphan.process.send_signal(signal.SIGSTOP)
    assert not any((disturbed.folder / orphan.output).exists() for orphan in orphans)  # none has finished

    disturbed.take_back_edits(finished)
    disturbed.start_resumed(*TARGETS)
    disturbed.wait_for_jobs("attack", number=3)  # the two that are stopped, and a successor
    orphans[0].process.send_signal(signal.SIGCONT)
    disturbed.finish()
    assert disturbed.differences(finished) == []
    orphans[1].process.send_signal(signal.SIGCONT)
    wait_until_gone(orphans)
    assert disturbed.differences(finished) == []


def test_a_run_is_not_resumed_while_its_scheduler_is_alive(finished, disturbed, programs):
    disturbed.edit_bound()
    disturbed.start(*TARGETS)
    disturbed.wait_for_jobs("attack")
    (line,) = disturbed.clean_up(succeed=False)
    assert f"alive (process {disturbed.process.pid}), expected a killed run" in line
    disturbed.kill_scheduler()
    disturbed.programs = programs
    assert disturbed.differences_once_resumed(finished) == []


def test_a_killed_summary_leaves_no_table_and_can_be_resumed(finished, disturbed):
    disturbed.start(*TARGETS, "--forcerun", "summarise")
    (summary,) = disturbed.wait_for_jobs("summarise")
    disturbed.kill_scheduler()
    summary.process.kill()
    wait_until_gone([summary])
    assert disturbed.tables() == {}
    assert disturbed.differences_once_resumed(finished) == []


def test_a_full_disk(finished, disturbed, programs, tmp_path):
    disturbed.programs = programs
    chosen = disturbed.edit_bound()
    own = [path for path in disturbed.results.glob("attacks/*/*/*") if path.name in chosen]
    for path in own:
        shutil.rmtree(path)
    before = attacked(disturbed)
    disturbed.results.rename(tmp_path / "results")
    disturbed.results.mkdir()
    required(["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", disturbed.results])
    with unmounted_after(disturbed.results):
        subprocess.run(["cp", "-a", f"{tmp_path / 'results'}/.", disturbed.results], check=True)
        fill(disturbed.results / "ballast", leave=32 << 10)  # enough for a log, too little for a trajectory
        disturbed.start(*TARGETS)
        disturbed.finish(succeed=False)
        assert sorted(disturbed.complaints) == sorted(
            f"echoshift: error: {path.relative_to(disturbed.folder)}: cannot be written: No space left on device"
            for path in own
        )
        assert own and before and attacked(disturbed) == before
        assert disturbed.drafts() == [] and disturbed.tables() == finished.tables()
        (disturbed.results / "ballast").unlink()
        assert disturbed.differences_once_resumed(finished) == []


def fill(ballast, leave):
    """Fill the file system except for `leave` bytes."""
    free = os.statvfs(ballast.parent).f_bavail * os.statvfs(ballast.parent).f_frsize
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free - leave)


@contextmanager
def read_only(folder):
    """Forbid changes in a folder. As root, which ignores file modes, make it immutable."""
    forbid, allow = (["chattr", "+i"], ["chattr", "-i"]) if os.geteuid() == 0 else (["chmod", "a-w"], ["chmod", "u+w"])
    required([*forbid, folder])
    try:
        yield
    finally:
        subprocess.run([*allow, folder], check=True)


def test_a_read_only_folder_costs_its_own_results_alone(finished, disturbed, programs):
    disturbed.programs = programs
    chosen = disturbed.edit_bound()
    folder = next(path.parent for path in disturbed.results.glob("attacks/*/descent/*") if path.name in chosen)
    own = [folder / frame for frame in chosen if (folder / frame).exists()]
    others = [path for path in disturbed.results.glob("attacks/*/*/*") if path.name in chosen and path not in own]
    for path in others:
        shutil.rmtree(path)
    with read_only(folder):
        disturbed.start(*TARGETS)
        disturbed.finish(succeed=False)
    found = [line.rpartition(": ") for line in sorted(disturbed.complaints)]
    assert [line[0] for line in found] == [
        f"echoshift: error: {path.relative_to(disturbed.folder)}: cannot be written" for path in sorted(own)
    ]
    assert {line[2] for line in found} <= {"Operation not permitted", "Permission denied"}
    assert own and others and all(is_complete(path) for path in others)
    assert disturbed.drafts() == [] and disturbed.tables() == finished.tables()
    assert disturbed.differences_once_resumed(finished) == []


def test_a_read_only_result_stops_the_run_before_anything_is_lost(finished, disturbed):
    """Snakemake's own check: it removes results before it makes them again."""
    chosen = disturbed.edit_bound()
    result = next(path for path in sorted(disturbed.results.glob("attacks/*/*/*")) if path.name in chosen)
    with read_only(result / "finished.json"):
        disturbed.start(*TARGETS)
        disturbed.finish(succeed=False)
    assert "Write-protected output files" in disturbed.output
    assert str(result.relative_to(disturbed.folder)) in disturbed.output
    assert is_complete(result) and disturbed.tables() == finished.tables()
    assert disturbed.differences_once_resumed(finished) == []


def test_attacks_killed_in_a_loop_never_leave_half_a_result(finished, disturbed):
    """The command alone, killed around the moment when it replaces an older result."""
    seed = random.randrange(1_000)
    print("seed", seed)
    moments = random.Random(seed)
    disturbed.edit_bound()
    words = [*disturbed.attack_command(), "--again"]
    folder = (disturbed.folder / words[words.index("--finished") + 1]).parent
    kills = 0
    for _ in range(8):
        attack = subprocess.Popen([sys.executable, *words], cwd=disturbed.folder)
        drafts = set(folder.parent.glob(".*.draft"))
        while attack.poll() is None and drafts >= set(folder.parent.glob(".*.draft")):
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.06))
        attack.kill()
        kills += attack.wait() == -signal.SIGKILL
        assert not (folder / RECORD).exists() or is_complete(folder)
    assert kills
    subprocess.run([sys.executable, *words], cwd=disturbed.folder, check=True)
    disturbed.clean_up()
    assert is_complete(folder) and disturbed.drafts() == []


def is_complete(folder):
    with xr.open_zarr(folder / TRAJECTORY) as store:
        store.load()
        return (folder / RECORD).is_file() and "final_image" in store
