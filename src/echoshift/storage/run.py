"""The run of the workflow that a job belongs to.

A job inherits its run through the environment, also on a cluster.
"""

import json
import os
import socket
import time
from hashlib import sha256
from pathlib import Path

from echoshift.errors import EchoShiftError

VARIABLE = "ECHOSHIFT_RUN"
"""Environment variable: JSON with the scheduler's process id and host, and the path of the run's file."""
FOLDER = Path(".snakemake/echoshift")
"""Folder of a run's files, relative to the folder in which Snakemake was started."""
SCHEDULER = FOLDER / "scheduler.json"


def join_run(study: str, **parts: str) -> None:
    """Make this process the scheduler of the jobs that it starts.

    Jobs read the study and their attacks from a file, so that editing the configuration or a sheet does not affect a
    started run. The file is named by its content, so that a dry run does not interfere with a run.

    Parameters
    ----------
    study : str
        JSON of the study.
    **parts
        JSON of its parts that jobs need, by name, such as the `attacks` on each frame.
    """
    content = f"{{{', '.join(f'{json.dumps(name)}: {part}' for name, part in {'study': study, **parts}.items())}}}"
    path = FOLDER / f"study-{sha256(content.encode()).hexdigest()[:16]}.json"
    try:
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(f".{os.getpid()}")
            draft.write_text(content, encoding="utf-8")
            draft.rename(path)
    except OSError as error:
        raise EchoShiftError(f"{path}: cannot be written: {error.strerror or error}") from None
    about = {"process": os.getpid(), "host": socket.gethostname(), "file": str(path.absolute())}
    os.environ[VARIABLE] = json.dumps(about)


def begin_run(results: str) -> None:
    """Record the scheduler of this folder's jobs, its start time and the results folder. `make resume` reads the record."""
    about = {"process": os.getpid(), "host": socket.gethostname(), "started": time.time(), "results": results}
    try:
        SCHEDULER.write_text(json.dumps(about), encoding="utf-8")
    except OSError as error:
        raise EchoShiftError(f"{SCHEDULER}: cannot be written: {error.strerror or error}") from None


def file_of_run() -> Path:
    """JSON file with the study and the attacks of this process's run."""
    if VARIABLE not in os.environ:
        raise EchoShiftError(
            f"{VARIABLE}: found nothing, expected the scheduler's environment, which a cluster passes on"
        )
    return Path(json.loads(os.environ[VARIABLE])["file"])


def study_of_run() -> str:
    """JSON of the study with which the run of this job started."""
    path = file_of_run()
    try:
        return json.dumps(json.loads(path.read_text(encoding="utf-8"))["study"])
    except OSError as error:
        raise EchoShiftError(f"{path}: cannot be read: {error.strerror or error}") from None


def check_scheduler(path: str | Path) -> None:
    """Refuse to write `path` in a job whose scheduler is dead.

    A killed scheduler leaves jobs running. Their outputs would look finished, although the settings they were made with
    were not recorded. A scheduler on another machine is assumed to be alive.
    """
    run = json.loads(os.environ.get(VARIABLE, "null"))
    if run and run["host"] == socket.gethostname() and not _is_alive(run["process"]):
        raise EchoShiftError(
            f"{path}: not written: this job's run has ended (found no process {run['process']}, expected its scheduler)"
        )


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # alive, owned by another user
        pass
    return True
