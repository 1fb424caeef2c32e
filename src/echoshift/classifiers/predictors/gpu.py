"""Assign one GPU to each process, so that parallel jobs do not share one."""

import os
import subprocess
import time
from functools import cache
from io import TextIOWrapper

from echoshift.classifiers.predictors.slots import PATIENCE, try_lock

VISIBLE = "CUDA_VISIBLE_DEVICES"
_held: list[TextIOWrapper] = []


@cache
def claim_gpu() -> str | None:
    """Claim a GPU that no other job of this user on this machine uses, waiting for one if necessary.

    Slurm assigns a device to a job through `CUDA_VISIBLE_DEVICES`; that one is used as is. Otherwise a file lock in the
    temporary folder marks a device as taken until the process ends, however it ends.

    Returns
    -------
    str or None
        Value for `CUDA_VISIBLE_DEVICES`. None if there is no GPU.
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
    """Release the device that this process claimed but cannot use."""
    while _held:
        _held.pop().close()


def _devices() -> dict[str, str]:
    """Devices that this process may use: from the name in CUDA's notation to an identifier on this machine."""
    identities = _identities()
    if VISIBLE not in os.environ:
        return {uuid: uuid for uuid in identities.values()}
    names = [name.strip() for name in os.environ[VISIBLE].split(",")]
    return {name: identities.get(name, name) for name in names if name not in ("", "-1", "NoDevFiles")}


def _identities() -> dict[str, str]:
    """UUID of each device by its number, as listed by nvidia-smi."""
    command = ["nvidia-smi", "--query-gpu=index,uuid", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return {}
    rows = (line.split(",") for line in done.stdout.splitlines() if line.count(",") == 1)
    return {number.strip(): uuid.strip() for number, uuid in rows}


def _lock(identity: str) -> bool:
    file = try_lock(identity.replace("/", "-"))  # older names of MIG partitions contain one
    if file is None:
        return False
    _held.append(file)  # closing it would release the device
    return True
