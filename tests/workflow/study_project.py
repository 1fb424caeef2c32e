"""The folder of a tiny study, and functions to run it."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

from common import ROOT

PROFILE = ROOT / "workflow/profiles/default"
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
    return json.loads(
        json.dumps(config)
    )  # a deep copy without shared parts, so that editing one entry does not change another


def tiny_sheet(kind, n):
    folder, end = ("frames", "h5") if kind == "frame" else ("images", "png")
    rows = [f"{kind[0].upper()}{i},P{kind}{i},simulated/{folder}/{kind[0].upper()}{i}.{end},{i % 2}" for i in range(n)]
    return "\n".join([f"{kind}_id,patient_id,path,label", *rows]) + "\n"


def copied(folder, tmp_path_factory):
    return shutil.copytree(folder, tmp_path_factory.mktemp("copy"), symlinks=True, dirs_exist_ok=True)


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
    """

    folder: Path
    house: Path = ROOT
    cores: int = 2
    programs: Path = COLD

    @property
    def results(self):
        return self.folder / "results"

    def run(self, *arguments, succeed=True, profile=PROFILE, **environment):
        """Run the workflow and count the executed jobs by rule (with `-n`, the planned jobs)."""
        command = [self.programs / "python", "-m", "snakemake", "--snakefile", self.house / "Snakefile"]
        command += ["--workflow-profile", profile] if profile else []
        command += ["--quiet", "host", "--cores", str(self.cores), *arguments]
        path = os.pathsep.join([str(self.programs), os.environ["PATH"]])
        environment = {**os.environ, "PATH": path, **environment}
        self.process = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        self.output = self.process.stdout + self.process.stderr
        if succeed:
            assert self.process.returncode == 0, self.output[-5000:]
        self.executed = [
            (rule, dict(pair.split("=") for pair in re.findall(r"\w+=[^,\s]+", wildcards)))
            for rule, wildcards in JOB.findall(self.output)
        ]
        return Counter(rule for rule, _ in self.executed if rule != "all")

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
        rows = change(rows) or rows
        columns = list(dict.fromkeys(column for row in rows for column in row))
        lines = [",".join(columns), *(",".join(row.get(column, "") for column in columns) for row in rows)]
        path.write_text("\n".join(lines) + "\n")

    def tables(self):
        """Contents of the summary's tables and JSON files."""
        return {path.name: path.read_bytes() for path in sorted((self.results / "summary").glob("*.[jc]s*"))}
