"""Share something scarce among all jobs of this user on this machine, by file locks that end with their process."""

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

from echoshift.storage.files import sha256_of_bytes

PATIENCE = 0.2
"""Seconds between two attempts to take one."""


def try_lock(identity: str) -> TextIOWrapper | None:
    """The open file that holds the lock of this name until it is closed. None if another process holds it."""
    path = Path(tempfile.gettempdir()) / f"echoshift-{os.getuid()}-{identity}.lock"
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


@contextmanager
def one_of(number: int, name: str) -> Iterator[None]:
    """Hold one of `number` slots of this name, waiting for one if necessary."""
    identity = sha256_of_bytes(name.encode())[:16]
    while True:
        for slot in range(number):
            if held := try_lock(f"{identity}-{slot}"):
                with held:
                    yield
                return
        time.sleep(PATIENCE)
