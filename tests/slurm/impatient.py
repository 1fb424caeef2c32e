"""Snakemake that asks Slurm after its jobs every second; the executor's own pauses grow by ten seconds each.

Its jobs start theirs with the `python` that comes first in PATH, which may be that of warm processes.
"""

import asyncio
import shutil
import sys

from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor


async def look_again_soon(executor):
    await asyncio.sleep(1)


assert "sleep" in dir(Executor), "the executor's pause has another name"
Executor.sleep = look_again_soon
sys.executable = shutil.which("python")
sys.exit(main(sys.argv[1:]))
