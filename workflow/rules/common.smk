"""The study, checked once, and what the rules ask of it."""

import csv
import hashlib
import json
import os
import re
import shlex
import sys
from pathlib import Path

SOURCE = Path(workflow.basedir) / "src"
SCRIPTS = Path(os.path.relpath(workflow.basedir)) / "workflow/scripts"
sys.path.insert(0, str(SOURCE))
# A job finds the package where the workflow lies, installed or not (a conda environment holds its dependencies alone).
# A job's messages go to its log; if it fails, the last one, which says why, also to the screen.
shell.prefix(
    f"export PYTHONPATH={shlex.quote(str(SOURCE))};"
    'logged() {{ "${{@:2}}" 2> "$1" || {{ tail -n 1 "$1" >&2; return 1; }}; }}; '
)

from echoshift.attacks.settings import METHODS
from echoshift.errors import EchoShiftError
from echoshift.sources import sources
from echoshift.study import load_study

try:
    STUDY = load_study(dict(config), ", ".join(map(str, workflow.overwrite_configfiles)) or "config.yaml")
except EchoShiftError as error:
    sys.exit(f"echoshift: error: {error}")
validate(
    STUDY.config.model_dump(mode="json"),
    str(Path(workflow.basedir) / "workflow/schemas/config.schema.json"),
    set_default=False,
)

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


def code(*modules):
    """Source files behind a verb, as inputs of its rule; relative, so that a moved project reruns nothing."""
    return [os.path.relpath(path) for path in sources(*modules)]


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


def backbone(classifier):
    """The part of a training's settings that features depend on, as JSON."""
    return CONFIG.classifiers[classifier].training.model_dump_json(include={"backbone", "weights", "input_size"})


def features(classifier):
    """One table of features for all classifiers with the same frozen backbone."""
    training = CONFIG.classifiers[classifier].training
    weights = f"_{hashlib.sha256(training.weights.encode()).hexdigest()[:8]}" if training.weights else ""
    return f"{training.backbone}_{training.input_size}{weights}"


def weights_file(classifier):
    weights = CONFIG.classifiers[classifier].training.weights
    return [] if weights in (None, "imagenet") else [weights]


BACKBONES = {features(name): name for name in reversed(CONFIG.classifiers)}
RECORDINGS = [*STUDY.images.values(), *STUDY.frames.values()]


def fine_tuning_pictures(wildcards):
    """Images are read again only where layers of the backbone are trained."""
    if not CONFIG.classifiers[wildcards.classifier].training.trained_blocks:
        return []
    return [picture(one) for one in STUDY.training(wildcards.classifier, wildcards.fold)]


def folds(classifier):
    return dict.fromkeys(STUDY.folds[classifier].values())


def selected(classifier=None):
    """Rows of `selected.csv`, once it is there: classifier, frame, fold."""
    with checkpoints.select.get().output[0].open() as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if classifier in (None, row["classifier"])]


def attacks_of(rows):
    return [
        f"{RESULTS}/attacks/{row['classifier']}/{attack}/{row['frame']}" for row in rows for attack in CONFIG.attacks
    ]


def selected_attacks(wildcards):
    return attacks_of(selected())


def judging_models(wildcards):
    return [f"{model(wildcards.classifier, fold)}/model.keras" for fold in folds(wildcards.classifier)]


def examples():
    """The first two recordings of each cohort and label."""
    return [
        [item(one).split("/")[0], one.name, one.label, picture(one), int(one.simulated)]
        for recordings in (STUDY.images, STUDY.frames)
        for label in (0, 1)
        for one in [one for one in recordings.values() if one.label == label][:2]
    ]


def figure(name, category, caption, **labels):
    return report(
        update(f"{RESULTS}/figures/{name}.png"),
        category=category,
        caption=f"../report/{caption}.rst",
        labels={"figure": caption.replace("_", " "), **labels},
    )
