"""Faults of a cluster during a run. After `make resume` the tables equal those of an undisturbed run."""

import random
import subprocess
import time

import pytest
from cluster import ask, wait_until
from study_project import COLD, PROFILES, TARGETS

pytestmark = pytest.mark.thorough

SEED = random.SystemRandom().randrange(10_000)
ATTACKS = "rule_attack_"


@pytest.fixture
def moment():
    """Wait for a random time. Its seed is printed on failure."""
    dice = random.Random(SEED)
    print("seed", SEED)
    return lambda seconds: time.sleep(dice.uniform(0, seconds))


def test_cancelled_attacks_and_a_lost_node(cluster, local, before_attacks, moment):
    study = before_attacks
    study.start_on("slurm")
    try:
        wait_until(lambda: study.states(ATTACKS)["RUNNING"] >= 2, 60, "attacks that run")
        moment(3)
        victim = next(job.id for job in study.jobs(ATTACKS) if job.state == "RUNNING")
        ask("scancel", victim)
        moment(2)
        cluster.stop("slurmd")
        wait_until(lambda: ask("sinfo", "-h", "-o", "%T").strip("*\n") == "down", 60, "a node that is down")
        cluster.start("slurmd")
        study.process.wait(timeout=120)
    finally:
        study.process.kill()
    ended = study.states()
    assert ended["CANCELLED"] + ended["FAILED"] >= 1 and sum(ended.values()) > ended["COMPLETED"], ended
    study.resume(*TARGETS)
    assert study.digests() == local.digests()


def test_a_killed_scheduler_whose_jobs_are_still_in_the_queue(cluster, local, before_attacks, moment, tmp_path):
    study = before_attacks
    # Memory for one job at a time: the others wait in the queue.
    study.start_on("slurm", "--set-resources", "attack:mem_mb=62000")
    try:
        waiting = {"RUNNING": 1, "PENDING": len(local.attacks) - 1}
        wait_until(lambda: study.states(ATTACKS) == waiting, 60, "one attack that runs, the others waiting")
        moment(3)
    finally:
        study.process.kill()
        study.process.wait()
    left = [job.id for job in study.jobs(ATTACKS) if job.state in ("RUNNING", "PENDING")]
    assert left
    bystanders = [  # jobs of the same user: one in another folder, one in this folder but not of the study
        ask("sbatch", "--parsable", "--mem=10", f"-D{folder}", "-J", name, "-o/dev/null", "--wrap=sleep 300").strip()
        for folder, name in ((tmp_path, "echoshift_other"), (study.folder, "something"))
    ]
    study.resume(*TARGETS)
    states = {job.id: job.state for job in study.jobs()}
    assert {states[job] for job in left} <= {"CANCELLED", "COMPLETED"} and "CANCELLED" in states.values()
    assert study.digests() == local.digests()
    unfinished = ask("squeue", "-h", "-o", "%i").split()
    assert set(bystanders) <= set(unfinished)
    subprocess.run(["scancel", *bystanders], check=True)


def test_what_a_cancelled_batch_had_finished_is_kept_and_what_is_older_made_again(cluster, local, tmp_path):
    """Results from before an edit are in the folders to which its attacks write."""
    study = local.copy(tmp_path / "study", programs=COLD)
    older = {path: path.read_bytes() for path in study.results.glob("attacks/*/*/*/record.json")}

    def made():
        """Modification time of each record of the edited study."""
        return {path: path.stat().st_mtime_ns for path in older if path.exists() and path.read_bytes() != older[path]}

    def narrower(config):
        for attack in config["attacks"].values():
            attack["settings"]["beta"]["min"] = 0.75

    study.edit_config(narrower)
    study.start_on("slurm-batched", "--retries", "0")
    try:
        wait_until(lambda: len(made()) > 1, 90, "a second attack, so that the first has ended")
        ask("scancel", next(job.id for job in study.jobs(ATTACKS) if job.state == "RUNNING"))
        assert study.process.wait(timeout=120) != 0
    finally:
        study.process.kill()
    kept = made()
    assert kept and len(kept) < len(older)
    study.profile = PROFILES / "slurm"
    study.resume(*TARGETS)  # its summary rejects a result from before the edit
    assert made().keys() == older.keys() and kept.items() <= made().items()
