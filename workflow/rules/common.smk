"""The study, checked once, and what the rules ask of it."""

import json
import os
import re
import sys
from pathlib import Path

SOURCE = Path(workflow.basedir) / "src"
sys.path.insert(0, str(SOURCE))
# A job finds the package where the workflow lies, installed or not (a conda environment holds its dependencies alone).
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(SOURCE), os.environ.get("PYTHONPATH")]))

from echoshift.attacks.settings import METHODS
from echoshift.errors import EchoShiftError
from echoshift.sources import sources
from echoshift.study import load_study

try:
    STUDY = load_study(dict(config), ", ".join(map(str, workflow.configfiles)))
except EchoShiftError as error:
    raise WorkflowError(str(error)) from None
validate(config, str(Path(workflow.basedir) / "workflow/schemas/config.schema.json"))

RESULTS = STUDY.config.results_dir
LOGS = f"{RESULTS}/logs"
ENVIRONMENT = str(Path(workflow.basedir) / "envs/conda.yaml")
CONFIG = STUDY.config


wildcard_constraints:
    frame="|".join(map(re.escape, STUDY.frames)),
    image="|".join(map(re.escape, STUDY.images)) or "-",
    classifier="|".join(CONFIG.classifiers),
    attack="|".join(CONFIG.attacks),
    fold=r"all|\d+",


def reconstruction(frame):
    return f"{RESULTS}/reconstructions/{frame}"


def picture(recording):
    """Where the image of a recording is: its own file, or the folder of its reconstruction."""
    return recording.path if STUDY.is_image(recording) else reconstruction(recording.name)


def item(recording):
    return f"{'images' if STUDY.is_image(recording) else 'frames'}/{recording.name}"


def model(classifier, fold):
    return f"{RESULTS}/classifiers/{classifier}/folds/{fold}"


def own_model(wildcards):
    """The folder of the model that judges a frame: in cross-validation one that never saw its patient."""
    return model(wildcards.classifier, STUDY.folds[wildcards.classifier][wildcards.frame])
