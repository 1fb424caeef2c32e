"""Which run of the workflow a job belongs to: it must not write into a newer one, nor go by a study edited meanwhile."""

import os
import socket
import time
from pathlib import Path
from typing import NamedTuple

from echoshift.errors import EchoShiftError

VARIABLE = "ECHOSHIFT_RUN"
"""Environment of a job: number of its run, process id and host of its scheduler, file with the current run's number."""
MARK = ".run"
STUDY = ".study"
"""Beside the mark: the number once more, then the study as the run began with it."""


class _Run(NamedTuple):
    number: int
    scheduler: int
    host: str
    mark: Path

    @classmethod
    def of_this_process(cls) -> "_Run | None":
        if VARIABLE not in os.environ:
            return None
        number, scheduler, host, mark = os.environ[VARIABLE].split(" ", 3)
        return cls(int(number), int(scheduler), host, Path(mark))


def begin_run(results: str | Path, study: str) -> None:
    """Declare a new run, scheduled by this process: jobs of all earlier ones are superseded from now on.

    The workflow calls this before its first job, never when it is only parsed or previewed. Jobs inherit the number
    through the environment, those on a cluster included.

    Parameters
    ----------
    results : path
        The study's results. Gets the hidden files `.run` and `.study`.
    study : str
        What the jobs are to go by, whatever becomes of the configuration and the sheets: see `study_of_run`.
    """
    mark = Path(results).absolute() / MARK
    # Larger than any before, even where the clock was set back, and where the results were deleted meanwhile.
    number = max(time.time_ns(), (_number_in(mark) or 0) + 1)
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        # In place, not renamed: other machines see new content of a file at once, a new file of that name maybe later.
        mark.write_text(f"{number}\n", encoding="ascii")
        mark.with_name(STUDY).write_text(f"{number}\n{study}", encoding="utf-8")
    except OSError as error:
        raise EchoShiftError(f"{mark}: cannot be written: {error.strerror or error}") from None
    os.environ[VARIABLE] = f"{number} {os.getpid()} {socket.gethostname()} {mark}"


def study_of_run() -> str | None:
    """Return the study that this job's run began with; None if somebody called it by hand.

    A job on a cluster parses the workflow again when it starts, maybe hours after the run began: configuration and sheets
    may have been edited by then, and the scheduler would record the old ones for what was made with the new.
    """
    run = _Run.of_this_process()
    if run is None:
        return None
    kept = run.mark.with_name(STUDY)
    try:
        found, _, study = kept.read_text(encoding="utf-8").partition("\n")
    except OSError as error:
        raise EchoShiftError(f"{kept}: cannot be read: {error.strerror or error}") from None
    if found != str(run.number):
        raise EchoShiftError(f"{kept}: found the study of run {found or 'none'}, expected that of run {run.number}")
    return study


def own_run() -> int:
    """Number of the run that this process is a job of; 0 if somebody called it by hand."""
    run = _Run.of_this_process()
    return run.number if run else 0


def is_of_this_run(path: str | Path) -> bool:
    """Whether an output was made since this process's run began; the clocks of machines that share it are taken to agree."""
    run = _Run.of_this_process()
    try:
        return run is not None and _modified(Path(path)) >= _modified(run.mark)
    except OSError:
        return False


def _modified(path: Path) -> float:
    """Seconds, asked anew: a file server's client answers from memory until the file and its folder are opened."""
    for one in (path.parent, path):
        descriptor = os.open(one, os.O_RDONLY)
        try:
            modified = os.fstat(descriptor).st_mtime
        finally:
            os.close(descriptor)
    return modified


def check_run(path: str | Path) -> None:
    """Refuse to write `path` in a job whose run is not the current one, or whose scheduler is known to be dead.

    Snakemake would take what such a job leaves for finished: it asks for incomplete outputs before the checkpoint says
    which attacks there are. Whether a scheduler on another machine is alive cannot be known.
    """
    run = _Run.of_this_process()
    if run is None:
        return
    if (found := _number_in(run.mark)) != run.number:
        raise EchoShiftError(
            f"{path}: not written: a newer run has taken over this output "
            f"(found run {found} in {run.mark}, expected {run.number}, which this job was started by)"
        )
    if run.host == socket.gethostname() and not _is_alive(run.scheduler):
        raise EchoShiftError(
            f"{path}: not written: this job's run has ended without it "
            f"(found no process {run.scheduler}, expected its scheduler)"
        )


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # alive, and somebody else's
        pass
    return True


def _number_in(mark: Path) -> int | None:
    try:
        return int(mark.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):  # empty for a moment while the next run writes it
        return None
