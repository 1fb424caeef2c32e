"""Clean up after a killed run, before Snakemake goes on: `make resume` calls this in the folder of the study.

1. Refuse if the run's scheduler is alive on this host.
2. Cancel the Slurm jobs that it left behind, and wait until they are gone. They are known by the prefix of their names
   (`slurm-jobname-prefix` in the profiles) and by their working directory.
3. Remove outputs that the killed run made without recording how. Snakemake would take them for finished, whatever the
   settings were: a job on a cluster may end after its scheduler has died.
4. Remove the drafts of killed jobs.
"""

import json
import shutil
import socket
import subprocess
import sys
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

PREFIX = "echoshift_"
SLURM_LOGS = Path("results/logs/slurm")  # `slurm-logdir` in the profiles
PATIENCE = 180
"""Seconds; a job that ignores the signal is killed after the cluster's KillWait, usually 30 s."""
SCHEDULER = Path(".snakemake/echoshift/scheduler.json")
RECORDS, MARKS = Path(".snakemake/metadata"), Path(".snakemake/incomplete")
TIME_STAMP = ".snakemake_timestamp"


def fail(message: str) -> NoReturn:
    """End with one line."""
    sys.exit(f"echoshift: error: {message}")


def last_run() -> dict:
    """The last run of this folder: process id and host of its scheduler, when it began, its results."""
    try:
        return json.loads(SCHEDULER.read_text())
    except (OSError, ValueError):
        return {}


def refuse_if_alive(run: dict) -> None:
    """A second scheduler on one folder would write the same files."""
    if run.get("host") != socket.gethostname():
        return
    shown = subprocess.run(
        ["ps", "-o", "args=", "-p", str(run["process"])], capture_output=True, text=True, check=False
    )
    if "snakemake" in shown.stdout:
        fail(f"{Path.cwd()}: found the scheduler of a run alive (process {run['process']}), expected a killed run")


def queued() -> list[str]:
    """Ids of this user's unfinished jobs whose working directory is this folder."""
    command = ["squeue", "--me", "--noheader", "--format=%i|%j|%Z"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        if not SLURM_LOGS.exists():
            return []  # Slurm's commands without a cluster, and no run here has ever used one
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        fail(f"squeue: found {reason!r}, expected the queue, which may hold jobs of the killed run")
    rows = [line.split("|", 2) for line in done.stdout.splitlines()]
    return [job for job, name, place in rows if name.startswith(PREFIX) and Path(place).resolve() == Path.cwd()]


def cancel_queued() -> None:
    """Cancel, and wait."""
    if shutil.which("squeue") is None or not (jobs := queued()):
        return
    print(f"Cancelling {len(jobs)} Slurm jobs of a killed run: {' '.join(jobs)}", file=sys.stderr)
    subprocess.run(["scancel", *jobs], check=True)
    deadline = time.monotonic() + PATIENCE
    while jobs := queued():
        if time.monotonic() > deadline:
            fail(f"Slurm jobs {' '.join(jobs)}: found unfinished {PATIENCE} s after scancel, expected gone")
        time.sleep(0.5)


def known_to_snakemake(folder: Path) -> Iterator[tuple[Path, dict]]:
    """Outputs of which Snakemake keeps a file, with its content. A long path is cut into folders that begin with @."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            parts = path.relative_to(folder).parts
            name = urlsafe_b64decode("".join(part.removeprefix("@") for part in parts)).decode()
            try:
                yield Path(name), json.loads(path.read_text() or "{}")
            except ValueError:  # killed while it was written
                yield Path(name), {}


def unrecorded(started: float) -> list[Path]:
    """Outputs made since then that Snakemake has marked as incomplete or has not recorded as they are."""
    found = dict.fromkeys(name for name, _ in known_to_snakemake(MARKS) if modified(name) is not None)
    for name, record in known_to_snakemake(RECORDS):
        now = modified(name)
        if now is not None and now >= started and now != record.get("endtime"):
            found[name] = None
    return list(found)


def modified(output: Path) -> float | None:
    """When an output was written, by Snakemake's rules; None if it does not exist."""
    try:
        stamp = output / TIME_STAMP
        return (stamp if stamp.exists() else output).stat().st_mtime
    except OSError:
        return None


def remove(path: Path, why: str) -> None:
    """Remove a file or folder, and say so."""
    print(f"Removing {why}: {path}", file=sys.stderr)
    try:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    except OSError as error:
        fail(f"{error.filename or path}: cannot be removed: {error.strerror or error}")


def main() -> None:
    """All four steps."""
    run = last_run()
    if not run:
        return
    refuse_if_alive(run)
    cancel_queued()
    for output in unrecorded(run["started"]):
        remove(output, "an output that a killed run did not record")
    for draft in sorted(Path(run["results"]).rglob(".*.draft")):
        remove(draft, "a draft of a killed job")


if __name__ == "__main__":
    main()
