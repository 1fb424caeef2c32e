"""Timing of the benchmark: one thread, alternating functions, medians with quartiles."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}
SLOWING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Set on some machines for compatibility, at the expense of speed."""


def one_thread(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which every library uses one thread and OpenBLAS selects its kernel."""
    return {name: value for name, value in environment.items() if name not in SLOWING} | ONE_THREAD


def in_turns(
    *functions: Callable[[], object], repeats: int, clock: Callable[[], float] = time.process_time
) -> list[tuple[float, float, float]]:
    """First quartile, median and third quartile of each function's seconds, after a warm-up.

    The functions alternate, so that a busy moment affects all of them. The default clock is the CPU time of this process:
    on one thread it equals the wall-clock time of an idle machine, whereas a busy machine interrupts a 50 ms task far
    more often than a 1 ms task. Work in other processes needs `time.perf_counter`.
    """
    for function in functions:
        function()
    times = np.empty((repeats, len(functions)))
    for row in times:
        for i, function in enumerate(functions):
            start = clock()
            function()
            row[i] = clock() - start
    return [tuple(quartiles) for quartiles in np.percentile(times, (25, 50, 75), axis=0).T.tolist()]


def entry(name: str, ours: Sequence[float], peer: str, theirs: Sequence[float], **more: Any) -> dict[str, Any]:
    """One entry of the results; `ours` and `theirs` come from `in_turns`."""
    return {
        "name": name,
        "ratio": theirs[1] / ours[1],
        "seconds": ours[1],
        "quartiles": [ours[0], ours[2]],
        "peer": peer,
        "peer_seconds": theirs[1],
        "peer_quartiles": [theirs[0], theirs[2]],
        **more,
    }


def machine() -> dict[str, Any]:
    """What the timings depend on: processor, OpenBLAS kernel, packages."""
    from importlib.metadata import version
    from pathlib import Path

    from threadpoolctl import threadpool_info

    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    pools = threadpool_info()
    packages = ("numpy", "scipy", "keras", "zea", "itk-core", "itk-ultrasound", "opencv-python-headless")
    return {
        "processor": cpu[0] if cpu else "unknown",
        "cores": os.cpu_count(),
        "blas_kernels": sorted({pool["architecture"] for pool in pools if "architecture" in pool}),
        "threads": sorted({pool["num_threads"] for pool in pools}),
        "packages": {package: version(package) for package in packages},
    }
