"""Kill jobs and schedulers at random moments, resume, and compare with the undisturbed run.

    python tests/faults/random_kills.py --kills 20 --seed 1

Uses all profiles if Slurm can be started (see tests/slurm/cluster.py), and then also cancels Slurm jobs. Prints a line
for each kill: the edit, what was killed and when, and the result. The exit code is 1 if any resumed study differs from
the undisturbed one.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

import psutil

if __name__ == "__main__":
    TESTS = Path(__file__).parents[1]
    sys.path[:0] = [str(TESTS), str(TESTS / "workflow"), str(TESTS / "slurm")]

from disturbed import DisturbedProject, wait_until_gone
from study_project import PROFILE, PROFILES, tiny_config, tiny_sheet


def _in_config(change):
    return lambda project, moments: project.edit_config(change)


# Edits that are reverted after the kill. Anything that an orphan of the edited run still writes is wrong.
EDITS = {
    "frames' bound": lambda project, moments: project.edit_bound(round(moments.uniform(0.75, 0.89), 4)),
    "attack's seed": _in_config(lambda config: config["attacks"]["control"].update(seed=9)),
    "training's seed": _in_config(lambda config: config["classifiers"]["once"]["training"].update(seed=2)),
    "threshold": _in_config(lambda config: config["reconstruction"].update(settings={"alpha_l": 9.0})),
    "study's seed": _in_config(lambda config: config.update(seed=2)),
}
ATTACKS_ONLY = {"edits": ("frames' bound",), "verbs": ("attack",)}


def random_kills(
    undisturbed,
    folders,
    kills,
    seed,
    edits=tuple(EDITS),
    verbs=(),
    in_a_row=1,
    targets=(),
    profiles=(PROFILE,),
    log=print,
):
    """Kill `kills` times and return how many resumed studies differ from the undisturbed one.

    Each time, a copy of the finished study is edited and run. A job or its scheduler is killed at a random moment. The
    edit is reverted and the study resumed, while orphans may still be running.

    Parameters
    ----------
    undisturbed : Project
        The study after its first run.
    folders : callable
        Returns a new empty folder for a copy.
    kills, seed : int
    edits : sequence of str
        Keys of `EDITS`, chosen at random.
    verbs : sequence of str
        Commands whose jobs trigger a kill. All if empty.
    in_a_row : int
        Number of kills, each after another edit, before the study is resumed to its end and compared.
    targets : sequence of str
        Targets of all runs. The whole study if empty.
    profiles : sequence of Path
        Snakemake profiles, one chosen at random for each study.
    """
    moments = random.Random(seed)
    failures = 0
    for first in range(0, kills, in_a_row):
        project = DisturbedProject(undisturbed.copy(folders()).folder, profile=moments.choice(profiles))
        orphans = []
        try:
            for number in range(first, min(first + in_a_row, kills)):
                killed = None
                while killed is None:  # repeat if all jobs were already finished
                    edit = moments.choice(edits)
                    project.take_back_edits(undisturbed)
                    EDITS[edit](project, moments)
                    project.start_resumed(*targets)
                    killed = _kill(project, verbs, moments)
                orphans += project.jobs()
                log(
                    f"kill {number + 1} of {kills}, seed {seed}, profile {project.profile.name}: {edit} edited; {killed}; "
                    f"{len(orphans)} orphans so far"
                )
            project.take_back_edits(undisturbed)
            project.resume(*targets)
            wait_until_gone(orphans)
            different = project.differences(undisturbed)
        finally:
            project.end()
        failures += bool(different)
        log(f"resumed: {f'DIFFERENT: {different[:5]}' if different else 'the same bytes'}")
        shutil.rmtree(project.folder)
    return failures


def _kill(project, verbs, moments):
    """Let some jobs pass, wait a little, and kill. Returns what was killed, or None if all jobs had finished."""
    start = time.monotonic()
    passing, wait = moments.randrange(3), moments.uniform(0, 1.5)
    victim = moments.choice(("scheduler", "process", "allocation") if project.on_cluster else ("scheduler", "process"))
    seen = set()
    while len(seen) <= passing and project.process.poll() is None:
        seen |= {job.process.pid for job in project.jobs(*verbs)}
        time.sleep(0.02)
    time.sleep(wait)
    jobs = project.jobs(*verbs)
    if not jobs:
        project.process.wait()
        return None
    job = moments.choice(jobs)
    when = f"killed after {time.monotonic() - start:.2f} s"
    if victim == "scheduler":
        project.kill_scheduler()
        return f"scheduler {when} during {job}"
    try:
        if victim == "process":
            job.process.kill()
        else:
            subprocess.run(["scancel", job.process.environ()["SLURM_JOB_ID"]], check=True)
    except psutil.NoSuchProcess:
        project.process.wait()
        return None
    status = project.process.wait()
    # A cluster profile retries failed jobs, so the run may still have finished.
    return f"{victim} of {job} {when}" if status or project.on_cluster else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--attacks", action="store_true", help="kill only attacks, and edit only their inputs")
    chosen = parser.parse_args()
    from cluster import missing, running

    profiles = (PROFILE,) if missing() else (PROFILE, PROFILES / "slurm", PROFILES / "slurm-batched")
    print(f"profiles: {', '.join(path.name for path in profiles)}{f' ({missing()})' if missing() else ''}")
    with tempfile.TemporaryDirectory() as folder, nullcontext() if missing() else running(Path(folder)):
        undisturbed = DisturbedProject(Path(tempfile.mkdtemp(dir=folder)))
        undisturbed.write(tiny_config(), tiny_sheet("frame", 6), tiny_sheet("image", 8))
        undisturbed.run()
        failures = random_kills(
            undisturbed,
            lambda: Path(tempfile.mkdtemp(dir=folder)),
            chosen.kills,
            chosen.seed,
            profiles=profiles,
            log=lambda line: print(line, flush=True),
            **(ATTACKS_ONLY if chosen.attacks else {}),
        )
    print(f"{chosen.kills} kills, {failures} different")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
