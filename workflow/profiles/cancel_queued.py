"""Cancel the Slurm jobs that a killed run of a folder left behind, and wait until they are gone.

python workflow/profiles/cancel_queued.py [FOLDER]

A scheduler that is killed leaves its jobs queued and running, and they go on to write what the next run writes too.
They are known by the prefix of their names (`slurm-jobname-prefix` in the profiles) and by their working directory,
the folder where snakemake was started (the present one, unless given). A run of that folder that is still alive loses
its jobs as well: `make resume` is for killed runs. Where there is no Slurm, there is nothing to do.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

PREFIX = "echoshift_"
LOGS = Path("results/logs/slurm")  # `slurm-logdir` in the profiles
PATIENCE = 180
"""Seconds; a job that does not heed the signal is killed after the cluster's KillWait, 30 s as a rule."""


def queued(folder: Path) -> list[str]:
    """Ids of this user's unfinished jobs whose working directory is the folder."""
    command = ["squeue", "--me", "--noheader", "--format=%i|%j|%Z"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        if not (folder / LOGS).exists():
            return []  # Slurm's commands without a cluster, and no run here has ever used one
        lines = done.stderr.strip().splitlines() or ["no message"]
        sys.exit(
            f"echoshift: error: squeue: found {lines[-1]!r}, expected the queue, as jobs of a killed run may be in it"
        )
    rows = [line.split("|", 2) for line in done.stdout.splitlines()]
    return [job for job, name, place in rows if name.startswith(PREFIX) and Path(place).resolve() == folder]


def main() -> None:
    """Cancel, and wait."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    if shutil.which("squeue") is None or not (jobs := queued(folder)):
        return
    print(f"Cancelling {len(jobs)} Slurm jobs of a killed run: {' '.join(jobs)}", file=sys.stderr)
    subprocess.run(["scancel", *jobs], check=True)
    deadline = time.monotonic() + PATIENCE
    while jobs := queued(folder):
        if time.monotonic() > deadline:
            sys.exit(
                f"echoshift: error: Slurm jobs {' '.join(jobs)}: found unfinished {PATIENCE} s after scancel, expected gone"
            )
        time.sleep(0.5)


if __name__ == "__main__":
    main()
