"""Load and check the study, and define helper functions for the rules."""

import csv
import gc
import json
import os
import sys
import time
from pathlib import Path

# A plan of thousands of jobs has millions of permanent objects. Garbage collection took a sixth of the time.
gc.freeze()
gc.set_threshold(100_000, 50, 50)

from echoshift.attacks.searches import SEARCHES
from echoshift.errors import EchoShiftError
from echoshift.classifiers.defences.settings import as_json, in_training, modules_of, of_pictures
from echoshift.classifiers.kinds import KINDS
from echoshift.classifiers.predictors.settings import ENGINES
from echoshift.formats import IMPORTERS
from echoshift.phantom.scanners import USUAL
from echoshift.records.sources import sources_digest as code
from echoshift.settings import PAPER
from echoshift.storage.files import sha256_of_file
from echoshift.storage.run import begin_run, check_scheduler, file_of_run, join_run, study_of_run
from echoshift.study import Study, load_study
from echoshift.summary.attack_places import COLUMNS as ATTACKED_COLUMNS


def frames_per_job_of_profile():
    """Read `frames_per_job` from the profile's `set-resources`. A user's `--config` would override a profile's `config`."""
    of_attack = dict(workflow.resource_settings.overwrite_resources.get("attack", {}))
    return of_attack["frames_per_job"].value if "frames_per_job" in of_attack else 1


try:
    if workflow.is_main_process:
        source = ", ".join(map(str, workflow.overwrite_configfiles)) or "config.yaml"
        folder = str(Path(source.split(", ")[-1]).parent)
        STUDY = load_study(dict(config), source, frames_per_job_of_profile(), folder)
        join_run(
            STUDY.to_json(),
            **{
                name: json.dumps(getattr(STUDY, name))
                for name in ("attacks", "accidental", "sensitivity", "cohort", "recordings")
            },
        )
    else:  # a job on a cluster, which uses the study with which its run started
        check_scheduler("outputs of this job")
        STUDY = Study.from_json(study_of_run())
except EchoShiftError as error:
    sys.exit(f"echoshift: error: {error}")

STARTED = time.time()
RESULTS = STUDY.config.results_dir
LOGS = f"{RESULTS}/logs"
ENVIRONMENT = str(HERE / "envs/conda.yaml")
CONFIG = STUDY.config
SPREADS = list(CONFIG.accidental.spreads) if CONFIG.accidental else []


wildcard_constraints:
    # No list of ids: Snakemake copies a constraint into the pattern of every file of every job. The rules look ids up.
    frame=r"[\w.-]+(?<!\.sha256)",
    image=r"[\w.-]+",
    classifier="|".join(CONFIG.classifiers),
    attack="|".join(CONFIG.attacks),
    spread="|".join(SPREADS) or "(?!)",
    fold=r"all|\d+",
    batch=r"[\w.-]+",
    cohort="frames|images",


def one_of(names):
    """Regular expression for any of the names; it matches nothing if there are none."""
    return "|".join(names) or "(?!)"


def recorded_by(frame):
    """Option that names the scanner of a simulated frame, except the default study's."""
    scanner = STUDY.frames[frame].scanner
    return "" if scanner == USUAL else f" --scanner {scanner}"


def reconstruction(frame):
    return f"{RESULTS}/reconstructions/{frame}"


def made_with(frame):
    """What a picture was made with, as JSON; None for echo data."""
    own = STUDY.frames[frame].made_with
    return own and own.model_dump_json(exclude_defaults=True)


def reconstruction_options(frame):
    """Options that reconstruct a frame: what grey levels were made with, or settings and level; and the grid, except a picture's."""
    level, grid = CONFIG.cohorts.reference_level, CONFIG.reconstruction
    grids = ["--shape", *grid.shape] if grid.shape else ["--pixel-size", grid.pixel_size]
    if made_with(frame):
        return [f"--made-with={made_with(frame)}", *([] if STUDY.frames[frame].is_picture else grids)]
    settings = [
        option
        for name, value in STUDY.initial(frame).items()
        for option in ([f"--{name.replace('_', '-')}", value] if name in PAPER else ["--set", f"{name}={value!r}"])
    ]
    levels = [] if level is None else ["--reference-level", level]
    return [*settings, *levels, *grids]


def picture(recording):
    """Path of the image of a recording: its own path, possibly with a selector, or the folder of its reconstruction."""
    return recording.path if STUDY.is_image(recording) else reconstruction(recording.name)


def picture_files(recordings):
    """Unique files or reconstruction folders that contain the images of the recordings."""
    files = [one.files if STUDY.is_image(one) else [reconstruction(one.name)] for one in recordings]
    return list(dict.fromkeys(file for own in files for file in own))


def item(recording):
    return f"{'images' if STUDY.is_image(recording) else 'frames'}/{recording.name}"


def entry(wildcards):
    """Settings of a classifier of any kind."""
    return CONFIG.classifiers[wildcards.classifier]


def model(classifier, fold):
    return f"{RESULTS}/classifiers/{classifier}/folds/{fold}"


def attack_code(verb, wildcards):
    """Digest of the source of an attack, which depends on its own method and engine."""
    return code(verb, SEARCHES[CONFIG.attacks[wildcards.attack].method], *predictor_modules(wildcards))


def predictor_modules(wildcards, predictor=None):
    """Modules that determine what a predictor of a classifier answers.

    Those of its engine (by default the attacks'), of its defences, and of the formats if it reads recordings.
    """
    engine = (predictor or STUDY.predictor(wildcards.classifier)).engine
    return ENGINES[engine].module, *modules_of(of_pictures(entry(wildcards).defences)), *importers_for(wildcards)


def importers_for(wildcards):
    """Modules that read the recordings, if the classifier's kind does."""
    return IMPORTERS if entry(wildcards).needs_recordings else ()


def recording_files(wildcards, names):
    """Files of the recordings of some frames, if the classifier's kind reads them."""
    if not entry(wildcards).needs_recordings:
        return []
    return list(dict.fromkeys(file for name in names for file in STUDY.frames[name].files))


def recordings_option(wildcards):
    """The option that says where the recordings lie, if the classifier's kind reads them."""
    return [f"--recordings={file_of_run()}"] if entry(wildcards).needs_recordings else []


def digests(frames):
    return [f"{reconstruction(name)}.sha256" for name in frames]


def folds(classifier):
    return dict.fromkeys(STUDY.folds[classifier].values())


def selected(classifier=None):
    """Rows of `selected.csv` after its checkpoint: classifier, frame, fold, answer."""
    with Path(checkpoints.select.get().output[0]).open() as file:
        return [row for row in csv.DictReader(file) if classifier in (None, row["classifier"])]


def finished_batch(classifier, attack, batch):
    """File that marks a finished batch. For a single frame it is in its result folder, so that it is deleted with it."""
    folder = attack_folder(classifier, attack)
    return f"{folder}/{batch}/finished.json" if STUDY.frames_per_job == 1 else f"{folder}/batches/{batch}.json"


def attack_folder(classifier, attack):
    return f"{RESULTS}/attacks/{classifier}/{attack}"


def found_results(folder):
    """Frames of the study that have a finished result in a folder: frame, its folder, digest of its record."""
    for frame in STUDY.frames:
        record = Path(folder, frame, "record.json")
        if record.is_file():
            yield frame, str(record.parent), sha256_of_file(record)


def digest_if_there(path):
    """SHA-256 of a file that runs on request leave; None without it."""
    return sha256_of_file(path) if Path(path).is_file() else None


def start_of(wildcards):
    """The attack whose queries another one starts from, in a list; empty without one."""
    start = CONFIG.attacks[wildcards.attack].start
    return [start] if start else []


def frames_of_batch(wildcards):
    """Frames of a batch, attacked or not: a rule that needs a checkpoint's output is not checked for changed parameters."""
    return STUDY.batches[wildcards.classifier][wildcards.batch]


def model_of_batch(wildcards):
    """Folder of the model that classifies all frames of a batch."""
    return model(wildcards.classifier, STUDY.folds[wildcards.classifier][frames_of_batch(wildcards)[0]])


def is_aimed_at(attack, row):
    """Whether a selected frame is attacked. An attack with a target leaves out the frames that have it as their answer."""
    return CONFIG.attacks[attack].target != CONFIG.classes[int(row["answer"])]


def attacks_of(rows, attacks_on=STUDY.attacks_on):
    """Outputs of the attack jobs of some selected frames; `attacks_on` names the attacks of a classifier."""
    batches = dict.fromkeys(
        (row["classifier"], attack, STUDY.batch_of[row["classifier"]][row["frame"]])
        for row in rows
        for attack in attacks_on(row["classifier"])
        if is_aimed_at(attack, row)
    )
    return [finished_batch(*batch) for batch in batches]


def attacks_on_request(method):
    """Outputs of the attack jobs on request with this method."""

    def attacks_on(classifier):
        return [name for name in STUDY.attacks_on(classifier, on_request=True) if CONFIG.attacks[name].method == method]

    return attacks_of(selected(), attacks_on)


FORCED = "ECHOSHIFT_FORCED"
"""Environment variable that passes the forced rules and files to jobs on a cluster."""


def forced():
    """Rules and files forced by the user."""
    if not workflow.is_main_process:
        return os.environ.get(FORCED, "").split("\n")
    settings = workflow.dag_settings
    return ["attack"] if settings.forceall else [str(one) for one in settings.forcerun]


def is_forced(output):
    """Whether a batch was forced. In a module the rule may have a prefix."""
    return any(one == output or one.split("_")[-1] == "attack" for one in forced())


def selected_attacks(wildcards):
    return attacks_of(selected())


def judging_models(wildcards):
    """Digests of the models of all folds of a classifier."""
    return [f"{model(wildcards.classifier, fold)}/digest.txt" for fold in folds(wildcards.classifier)]


def examples():
    """The first two recordings of each cohort and label, including those without a label."""
    return [
        one
        for recordings in (STUDY.images, STUDY.frames)
        for label in (*range(len(CONFIG.classes)), None)
        for one in [one for one in recordings.values() if one.label == label][:2]
    ]


def reasons():
    """Errors of the failed jobs of this run: the last lines of their logs, without the cluster's own logs."""
    folders = [folder for folder in Path(LOGS).glob("*") if folder.name != "slurm"]
    logs = [path for folder in folders for path in (folder, *sorted(folder.rglob("*.log"))) if path.is_file()]
    recent = [path.read_text("utf-8", "replace") for path in logs if path.stat().st_mtime >= STARTED]
    ends = [text.splitlines()[-1] for text in recent if text.strip()]
    return list(dict.fromkeys(end for end in ends if end.startswith("echoshift: error:")))


def figure(name, category, caption, **labels):
    return report(
        f"{RESULTS}/figures/{name}.png",
        category=category,
        caption=f"../report/{caption}.rst",
        labels={"figure": caption.replace("_", " "), **labels},
    )
