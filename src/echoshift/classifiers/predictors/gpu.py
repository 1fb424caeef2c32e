"""One GPU for one process: jobs that run side by side each take their own."""

import fcntl
import os
import subprocess
import tempfile
import time
from functools import cache
from io import TextIOWrapper
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"
PATIENCE = 0.2
"""Seconds between two looks for a free device."""

_held: list[TextIOWrapper] = []


@cache
def claim_gpu() -> str | None:
    """Take a GPU that no other job of this user on this machine has, waiting for one if need be.

    Slurm gives a job a device of its own and says so in `CUDA_VISIBLE_DEVICES`: that one is taken as it is. Else a lock
    on a file in the temporary folder marks a device as taken until the process ends, however it ends.

    Returns
    -------
    str or None
        What `CUDA_VISIBLE_DEVICES` shall be; None where there is no GPU.
    """
    devices = _devices()
    if len(devices) == 1 and {VISIBLE, "SLURM_JOB_ID"} <= set(os.environ):
        return next(iter(devices))
    while devices:
        for device, identity in devices.items():
            if _lock(identity):
                return device
        time.sleep(PATIENCE)
    return None


def free_gpu() -> None:
    """Let other jobs have the device that this process claimed and cannot use."""
    while _held:
        _held.pop().close()


def _devices() -> dict[str, str]:
    """The devices that this process may use, as CUDA may name them, each with what identifies it on this machine."""
    identities = _identities()
    if VISIBLE not in os.environ:
        return {uuid: uuid for uuid in identities.values()}
    names = [name.strip() for name in os.environ[VISIBLE].split(",")]
    return {name: identities.get(name, name) for name in names if name not in ("", "-1", "NoDevFiles")}


def _identities() -> dict[str, str]:
    """UUID of each device by its number, as the driver's tool lists them."""
    command = ["nvidia-smi", "--query-gpu=index,uuid", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return {}
    rows = (line.split(",") for line in done.stdout.splitlines() if line.count(",") == 1)
    return {number.strip(): uuid.strip() for number, uuid in rows}


def _lock(identity: str) -> bool:
    name = identity.replace("/", "-")  # older names of a part of a device (MIG) have one
    path = Path(tempfile.gettempdir()) / f"echoshift-{os.getuid()}-{name}.lock"
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return False
    _held.append(file)  # closing it would free the device
    return True
