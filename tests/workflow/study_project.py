"""A tiny study's folder, and how it is run."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

from common import ROOT

PROFILE = ROOT / "workflow/profiles/default"


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
    return json.loads(json.dumps(config))  # no part is shared: an edit of one entry must not reach another


def tiny_sheet(kind, n):
    folder, end = ("frames", "h5") if kind == "frame" else ("images", "png")
    rows = [f"{kind[0].upper()}{i},P{kind}{i},simulated/{folder}/{kind[0].upper()}{i}.{end},{i % 2}" for i in range(n)]
    return "\n".join([f"{kind}_id,patient_id,path,label", *rows]) + "\n"


@dataclass
class Project:
    """A study's folder, and how it is run."""

    folder: Path

    @property
    def results(self):
        return self.folder / "results"

    def run(self, *arguments, succeed=True):
        """Run the workflow; return the executed jobs by rule."""
        command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--workflow-profile", PROFILE]
        command += ["--cores", "2", "--quiet", "host", *arguments]
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self.process = subprocess.run(
            command, cwd=self.folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
        )
        self.output = self.process.stdout + self.process.stderr
        if succeed:
            assert self.process.returncode == 0, self.output[-5000:]
        return Counter(re.findall(r"^(?:local)?(?:rule|checkpoint) (\w+):$", self.output, flags=re.MULTILINE))

    def edit_config(self, change):
        path = self.folder / "config.yaml"
        config = yaml.safe_load(path.read_text())
        change(config)
        path.write_text(yaml.safe_dump(config, sort_keys=False))

    def tables(self):
        """What the study comes to, byte by byte."""
        return {path.name: path.read_bytes() for path in sorted((self.results / "summary").glob("*.[jc]s*"))}
