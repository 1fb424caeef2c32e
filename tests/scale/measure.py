"""Measure the overhead of a large cohort: planning, scheduling, processes, memory and disk.

python tests/scale/measure.py --frames 3000

Prints one JSON object. Seconds are wall-clock time unless the name contains cpu. The study is made in a new folder that
is removed at the end.
"""

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from prepare import ATTACK, CLASSIFIER, snakemake, write_config

from echoshift.storage.tables import read_rows
from echoshift.summary.frames_table import COLUMNS
from echoshift.summary.selection import SELECTED_COLUMNS

ATTACKS = Path("results/attacks") / CLASSIFIER / ATTACK
JUDGED = Path("results/classifiers") / CLASSIFIER / "frames.csv"
FRAMES_PER_JOB = 100
FINISHED = "finished.json"
BATCHED = "batched"
"""Folder beside the study for the results of batches."""


class Timed(NamedTuple):
    """Result of a call, its wall-clock seconds, and the CPU seconds of its processes."""

    result: Any
    seconds: float
    cpu: float


def timed(function, *arguments):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    result = function(*arguments)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Timed(result, seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def prepared(folder, n_frames):
    """Make the study up to `selected.csv` in a separate process, so that its imports are not counted elsewhere."""
    subprocess.run(
        [sys.executable, Path(__file__).with_name("prepare.py"), folder, "--frames", str(n_frames)], check=True
    )


def selected(folder):
    return [row["frame"] for row in read_rows(folder / "results/selected.csv", SELECTED_COLUMNS)]


def stand_in(folder):
    """A folder with a `python` that only creates its output."""
    folder.mkdir()
    program = folder / "python"
    program.write_text('#!/bin/sh\nfor output; do true; done\ntouch "$output"\n')
    program.chmod(0o755)
    return folder


def scheduler_overhead(folder):
    """Cost of one attack job: the whole call, including planning, divided by the number of jobs."""
    targets = [ATTACKS / frame / FINISHED for frame in selected(folder)]
    call = timed(lambda: snakemake(folder, *targets, programs=stand_in(folder.parent / "programs")))
    n_jobs = len(selected(folder))
    made = len([path for path in (folder / ATTACKS).iterdir() if path.is_dir()])
    if made != n_jobs:
        raise RuntimeError(f"{folder / ATTACKS}: found {made} folders, expected {n_jobs}")
    return {"jobs": n_jobs, "seconds_per_job": call.seconds / n_jobs, "cpu_seconds_per_job": call.cpu / n_jobs}


def without_planning(folder, targets, rule):
    """Make the targets with the rule. Snakemake's planning is subtracted from wall-clock and CPU seconds."""
    made = timed(snakemake, folder, *targets)
    planned = timed(snakemake, folder, *targets, "--dry-run", "--forcerun", rule)
    return Timed(None, made.seconds - planned.seconds, made.cpu - planned.cpu)


def throughput(folder, n_alone):
    """Attack all frames in batches, and some of them again with one process each."""
    write_config(folder, FRAMES_PER_JOB)
    n_of_fold = Counter(row["fold"] for row in read_rows(folder / JUDGED, ("fold",)))
    batches = [f"{fold}-{i}" for fold, n in n_of_fold.items() for i in range(-(-n // FRAMES_PER_JOB))]
    together = without_planning(folder, [ATTACKS / f"batches/{batch}.json" for batch in batches], "attack")
    (folder / ATTACKS).rename(folder.parent / BATCHED)
    write_config(folder)
    frames = selected(folder)
    alone = without_planning(folder, [ATTACKS / frame / FINISHED for frame in frames[:n_alone]], "attack")
    return {
        "frames_batched": len(frames),
        "frames_alone": n_alone,
        "seconds_per_frame_batched": together.seconds / len(frames),
        "seconds_per_frame_alone": alone.seconds / n_alone,
        "times_faster": (alone.seconds / n_alone) / (together.seconds / len(frames)),
        "cpu_seconds_per_frame_batched": together.cpu / len(frames),
        "cpu_seconds_per_frame_alone": alone.cpu / n_alone,
    }


def differing_results(folder):
    """Number of frames attacked both ways, and those whose results differ."""
    both = [(folder.parent / BATCHED / path.name, path) for path in (folder / ATTACKS).iterdir()]
    return len(both), [one.name for one, other in both if contents(one) != contents(other)]


def contents(folder):
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != FINISHED)
    return {path.relative_to(folder): path.read_bytes() for path in files}


def unpack(batched, folder):
    """Copy the results of the batch into each frame's folder, which was made by a job without a command."""
    for path in batched.iterdir():
        if path.name != "batches":
            for file in path.iterdir():
                file.rename(folder / ATTACKS / path.name / file.name)


VERB = """
import re, sys
from pathlib import Path
from echoshift.cli.main import app
try:
    app(sys.argv[1:])
finally:
    print("peak", re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def verb_cost(folder, *command):
    """Wall-clock seconds and peak memory of a verb."""
    start = time.perf_counter()
    call = [sys.executable, "-c", VERB, *command]
    done = subprocess.run(call, cwd=folder, capture_output=True, text=True, check=True)
    return {
        "seconds": time.perf_counter() - start,
        "peak_mib": int(re.search(r"peak (\d+)", done.stdout)[1]) / 1024,
    }


def page_cost(folder):
    """Seconds and peak memory of `echoshift page`, which shows the frames that tell most."""
    page = folder / "again.html"
    cost = verb_cost(folder, "page", "results", "-o", page.name)
    frames = page.read_text().count('<script type="text/plain" id="blob-picture')
    found = {"frames_shown": frames, **cost, "written_mib": page.stat().st_size / 2**20}
    page.unlink()
    return found


def summary_cost(folder):
    """Seconds and peak memory of `echoshift summarise`."""
    of_classifier = f"results/classifiers/{CLASSIFIER}"
    command = ["summarise", "--results", "results", "--study", "results/study.json"]
    command += ["--selected", "results/selected.csv", "--attacked", f"{of_classifier}/attacked.csv"]
    command += ["--confirmed", f"{of_classifier}/confirmed.json"]
    command += ["--trajectories", "again/trajectories.zarr", "-o", "again/summary"]
    cost = verb_cost(folder, *command)
    size = sum(path.stat().st_size for path in (folder / "again").rglob("*") if path.is_file())
    n_frames = len(read_rows(folder / "again/summary/frames.csv", COLUMNS))
    shutil.rmtree(folder / "again")
    return {"frames": n_frames, **cost, "written_mib": size / 2**20}


def planning(folder):
    """Three dry runs over everything when there is nothing to do."""
    calls = [timed(snakemake, folder, "--dry-run") for _ in range(3)]
    if "Nothing to be done" not in calls[0].result:
        raise RuntimeError(f"found something to do in a finished study:\n{calls[0].result[-3000:]}")
    return {
        "seconds": statistics.median(call.seconds for call in calls),
        "cpu_seconds": statistics.median(call.cpu for call in calls),
    }


def on_disk(folder, n_frames):
    """Files and bytes per frame, by category."""
    parts = {
        "recording": folder / "frames",
        "reconstruction": folder / "results/reconstructions",
        "attack": folder / ATTACKS,
        "logs": folder / "results/logs",
        "trajectories": folder / "results/trajectories.zarr",
        "snakemake": folder / ".snakemake/metadata",
    }
    found = {}
    for name, part in parts.items():
        sizes = [path.stat() for path in part.rglob("*") if path.is_file()]
        found[name] = {
            "files": len(sizes) / n_frames,
            "bytes": sum(size.st_size for size in sizes) / n_frames,
            "bytes_allocated": 512 * sum(size.st_blocks for size in sizes) / n_frames,
        }
    return found


def measure(folder, n_frames, n_alone):
    """Measure everything in an empty folder. `n_alone` frames are attacked by separate processes."""
    study, found = folder / "study", {"frames": n_frames, "load_before": os.getloadavg()[0]}
    found["prepare_seconds"] = timed(prepared, study, n_frames).seconds
    found["throughput"] = throughput(study, n_alone)
    found["compared"], found["differing_results"] = differing_results(study)
    shutil.rmtree(study / ATTACKS)
    found["overhead"] = scheduler_overhead(study)
    unpack(folder / BATCHED, study)
    found["rest_seconds"] = timed(snakemake, study).seconds
    found["results"] = len(list((study / ATTACKS).glob("*/record.json")))
    found["planning"] = planning(study)
    found["summary"] = summary_cost(study)
    found["page"] = page_cost(study)
    found["on_disk"] = on_disk(study, n_frames)
    found["load_after"] = os.getloadavg()[0]
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=100, help="frames attacked by separate processes")
    parser.add_argument("--folder", type=Path, help="an empty folder to keep; default: a temporary one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = arguments.folder or Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        print(json.dumps(measure(place, arguments.frames, arguments.jobs), indent=1))
