"""The study for the rerun tests, and helpers to edit and inspect it."""

import re
import shlex
import subprocess
from collections import Counter
from copy import deepcopy

from study_project import copy_house, tiny_config, tiny_sheet

ATTACKS = ("control", "descent")


def rerun_config():
    """One cross-validated classifier, one of the first cohort, and two attacks with few queries in a narrow box.

    Nothing flips in this box, so no flip needs confirmation by TensorFlow, which takes 8 s to start.
    """
    config = tiny_config()
    folded = config["classifiers"]["folded"]
    config["classifiers"] = {"folded": folded, "first": {**deepcopy(folded), "protocol": "first_cohort"}}
    bounds = {"min": 0.89, "max": 0.91}
    config["attacks"] = {
        "descent": {"method": "sign_descent", "max_queries": 4, "settings": {"beta": {**bounds, "rate": 0.005}}},
        "control": {"method": "random_search", "max_queries": 3, "settings": {"beta": bounds}},
    }
    return config


def rerun_sheet():
    """Five simulated frames, and two recordings of F3's patient, the second one mislabelled.

    The patient counts as fatty with either label of F6, so correcting it does not change the folds.
    """
    return tiny_sheet("frame", 5) + "F5,Pframe3,recorded/F5.h5,0\nF6,Pframe3,recorded/F6.h5,1\n"


def summary(*classifiers, **others):
    """Jobs after the attacks of some classifiers, and others."""
    return Counter(confirm=len(classifiers), summarise=1, figures=1, page=1, provenance=1, **others)


def attacked(project):
    """Attacks that ran, each a batch of one frame."""
    return project.ran("attack", "classifier", "attack", "batch")


def attacks(project, concerned=lambda row, attack: True):
    """Attacks of the current study that are affected by an edit."""
    return sorted(
        (row["classifier"], attack, row["frame"])
        for row in project.rows("selected.csv")
        for attack in ATTACKS
        if concerned(row, attack)
    )


def new_models(project, before):
    """Classifiers and folds whose model has changed."""
    return {
        (path.parts[-4], path.parts[-2])
        for path in project.results.glob("classifiers/*/folds/*/digest.txt")
        if path.read_text() != (before.results / path.relative_to(project.results)).read_text()
    }


def fold(project, frame):
    return next(row["fold"] for row in project.rows("classifiers/folded/frames.csv") if row["frame_id"] == frame)


def attacked_on_new_models_and(frame, project, before):
    """Attacks on changed models, and attacks on one frame."""
    changed = new_models(project, before)
    return attacks(project, lambda row, _: (row["classifier"], row["fold"]) in changed or row["frame"] == frame)


def repair(project):
    """Type the command that a refusal of frame F2 names. Returns its last word."""
    command = re.search(r"frame F2, .*; repair: (.*) and run again", project.output)[1]
    subprocess.run(command, shell=True, cwd=project.folder, check=True)
    return shlex.split(command)[-1]


def with_own_house(project, *edited):
    """Make the study use a copy of the workflow and the package, with a comment line added to some source files."""
    project.house = project.folder / "house"
    copy_house(project.house)
    for name in edited:
        with (project.house / "src/echoshift" / name).open("a") as file:
            file.write("# a comment\n")


def records_made(project):
    """Modification time of each attack's record."""
    return {path: path.stat().st_mtime_ns for path in project.results.glob("attacks/*/*/*/record.json")}
