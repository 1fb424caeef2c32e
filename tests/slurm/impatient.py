"""Snakemake that asks Slurm after its jobs every second; the executor's own pauses grow by ten seconds each."""

import asyncio
import sys

from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor


async def look_again_soon(executor):
    await asyncio.sleep(1)


assert "sleep" in dir(Executor), "the executor's pause has another name"
Executor.sleep = look_again_soon
sys.exit(main(sys.argv[1:]))
