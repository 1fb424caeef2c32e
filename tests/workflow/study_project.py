"""The folder of a tiny study, and functions to run it."""

import csv
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from common import ROOT

PROFILES = ROOT / "workflow/profiles"
PROFILE = PROFILES / "default"
RESUME = ROOT / "workflow/resume.py"
IMPATIENT = ROOT / "tests/slurm/impatient.py"
TARGETS = ("attacks", "summarise")
"""Everything except the figures, which take long to draw, and the provenance, which lists them."""
COLD = Path(sys.executable).parent
"""Folder of the ordinary `python`, which starts a process for each job."""
JOB = re.compile(
    r"^(?:local)?(?:rule|checkpoint) (\w+):\n(?:    (?!wildcards:).*\n)*(?:    wildcards: (.*))?", re.MULTILINE
)
"""A job in Snakemake's output: its rule and its wildcards."""


def tiny_config():
    training = {"backbone": "efficientnet_lite0", "input_size": 64, "epochs": 5}
    box = {"beta": {"min": 0.7, "max": 1.1}, "alpha_l": {}}
    config = {
        "cohorts": {"frames": "frames.csv", "images": "images.csv"},
        "simulation": {"lines": 32, "samples": 1670},
        "reconstruction": {"shape": [96, 96]},
        "classifiers": {
            "folded": {"protocol": "cross_validation", "folds": 2, "training": training},
            "once": {"protocol": "train_once", "training": training},
        },
        "attacks": {
            "descent": {"method": "sign_descent", "max_queries": 30, "settings": box},
            "control": {"method": "random_search", "max_queries": 10, "settings": box},
        },
    }
    return json.loads(json.dumps(config))  # without shared parts: editing one entry does not change another


def tiny_sheet(kind, n):
    folder, end = ("frames", "h5") if kind == "frame" else ("images", "png")
    rows = [f"{kind[0].upper()}{i},P{kind}{i},simulated/{folder}/{kind[0].upper()}{i}.{end},{i % 2}" for i in range(n)]
    return "\n".join([f"{kind}_id,patient_id,path,label", *rows]) + "\n"


def copy_house(folder):
    """Copy the workflow and the package to a folder, where edits affect no other study."""
    for name in ("workflow", "src", "envs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "Snakefile", folder)


def contents(folder, *patterns):
    """Contents of the files in a folder that match a pattern (all if none is given), by path."""
    files = [path for pattern in patterns or ("**/*",) for path in sorted(folder.glob(pattern)) if path.is_file()]
    files = [path for path in files if path.name != ".snakemake_timestamp"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@dataclass
class Project:
    """The folder of a study, and methods to run it.

    Attributes
    ----------
    folder : Path
    house : Path
        Folder of Snakefile, workflow and package.
    cores : int
    programs : Path
        Folder of the `python` that jobs call.
    profile : Path or None
    """

    folder: Path
    house: Path = ROOT
    cores: int = 2
    programs: Path = COLD
    profile: Path | None = PROFILE

    @property
    def results(self):
        return self.folder / "results"

    @property
    def on_cluster(self):
        return self.profile.name.startswith("slurm")

    def write(self, config, frames, images):
        """Write the configuration, a dictionary, and the text of both sheets."""
        (self.folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        (self.folder / "frames.csv").write_text(frames)
        (self.folder / "images.csv").write_text(images)

    def copy(self, folder, **fields):
        """A copy with time stamps and Snakemake's records, at the same depth, because inputs have relative paths."""
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        return replace(self, folder=folder, **fields)

    def call(self, snakemake, arguments, **environment):
        """Arguments of `subprocess` to run the workflow. Later ones of `arguments` take precedence."""
        command = [*snakemake, "--snakefile", self.house / "Snakefile"]
        command += ["--workflow-profile", self.profile] if self.profile else []
        command += ["--set-resources", "attack:gpu=1", "attack:frames_per_job=1"] if self.profile == PROFILE else []
        command += ["--quiet", "host", "--cores", str(self.cores), *arguments]
        path = os.pathsep.join([str(self.programs), os.environ["PATH"]])
        return {"args": command, "cwd": self.folder, "env": {**os.environ, "PATH": path, **environment}, "text": True}

    def run(self, *arguments, succeed=True, **environment):
        """Run the workflow and count the executed jobs by rule (with `-n`, the planned jobs)."""
        call = self.call([self.programs / "python", "-m", "snakemake"], arguments, **environment)
        self.process = subprocess.run(**call, capture_output=True, check=False)
        self.output = self.process.stdout + self.process.stderr
        if succeed:
            assert self.process.returncode == 0, self.output[-5000:]
        self.executed = [
            (rule, dict(pair.split("=") for pair in re.findall(r"\w+=[^,\s]+", wildcards)))
            for rule, wildcards in JOB.findall(self.output)
        ]
        return Counter(rule for rule, _ in self.executed if rule != "all")

    def start(self, *arguments):
        """Start a run. `process` is its scheduler, in a process of its own even if jobs are warm."""
        snakemake = [IMPATIENT, "--latency-wait", "5"] if self.on_cluster else ["-m", "snakemake"]
        with (self.folder / "screen.txt").open("w") as screen:
            call = self.call([sys.executable, *snakemake], arguments)
            self.process = subprocess.Popen(**call, stdout=screen, stderr=screen)

    @property
    def screen(self):
        """What a started run has printed."""
        return (self.folder / "screen.txt").read_text()

    def finish(self, succeed=True):
        """Wait for the end of a started run."""
        status = self.process.wait()
        self.output = self.screen
        assert (status == 0) == succeed, self.output[-5000:]

    def clean_up(self, succeed=True):
        """First step of `make resume`: cancel jobs in a cluster's queue and remove unrecorded outputs. Returns its lines."""
        done = subprocess.run([sys.executable, RESUME], cwd=self.folder, stderr=subprocess.PIPE, text=True, check=False)
        assert (done.returncode == 0) == succeed, done.stderr
        return done.stderr.splitlines()

    def start_resumed(self, *arguments):
        """Do the same as `make resume`, without waiting for the end."""
        self.clean_up()
        self.start("--unlock")
        self.finish()
        self.start("--rerun-incomplete", *arguments)

    def resume(self, *arguments):
        self.start_resumed(*arguments)
        self.finish()

    @property
    def complaints(self):
        """EchoShift's errors in the last run. Each is printed when it happens and, if its log was written, at the end."""
        return {line for line in self.output.splitlines() if line.startswith("echoshift: error: ")}

    def attack_command(self, *arguments):
        """Arguments of `python` for the first attack that such a run would start."""
        self.run("-n", "--printshellcmds", *arguments)
        command = next(line for line in self.output.splitlines() if " attack --attacks " in line)
        return shlex.split(command[command.index("-m echoshift ") :])

    def ran(self, rule, *names):
        """Wildcards of the jobs of a rule in the last run, as sorted tuples."""
        return sorted(tuple(wildcards[name] for name in names) for found, wildcards in self.executed if found == rule)

    def rows(self, table):
        """Rows of a CSV table of the results."""
        with (self.results / table).open() as file:
            return list(csv.DictReader(file))

    def edit_config(self, change):
        path = self.folder / "config.yaml"
        config = yaml.safe_load(path.read_text())
        change(config)
        path.write_text(yaml.safe_dump(config, sort_keys=False))

    def edit_sheet(self, change, sheet="frames.csv"):
        """Edit the rows, dictionaries by column, with `change`. New columns are appended."""
        path = self.folder / sheet
        rows = list(csv.DictReader(path.read_text().splitlines()))
        change(rows)
        columns = list(dict.fromkeys(column for row in rows for column in row))
        lines = [",".join(columns), *(",".join(row.get(column, "") for column in columns) for row in rows)]
        path.write_text("\n".join(lines) + "\n")

    def edit_frames(self, *names, **cells):
        """Set cells of some frames of the sheet."""
        self.edit_sheet(lambda rows: [row.update(cells) for row in rows if row["frame_id"] in names])

    def tables(self):
        """Contents of the summary's tables and JSON files."""
        return contents(self.results / "summary", "*.[jc]s*")
