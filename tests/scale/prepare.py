"""Prepare a study of many tiny frames, ready to be attacked, to measure the overhead of a large cohort.

python tests/scale/prepare.py FOLDER --frames 3000

One process writes the frames, their reconstructions and the classifier through the library. The workflow then adopts
them (`--touch`), evaluates the frames and selects those to attack.
"""

import argparse
import hashlib
import os
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import cv2
import numpy as np
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow"))

from study_project import copy_house

from echoshift import ConvexGeometry, RFFrame
from echoshift.classifiers.backbones.features import Features
from echoshift.classifiers.digest import model_digest
from echoshift.classifiers.tensorflow_setup import load_keras
from echoshift.classifiers.training.export import save_engine, save_keras
from echoshift.reconstruction.cache import STORE, digest, write_store
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.reconstruction.resize import to_network_input
from echoshift.records.provenance import image_digest, provenance
from echoshift.storage.files import sha256_of_file, write_json, write_text
from echoshift.storage.tables import read_rows
from echoshift.study import load_study

CLASSIFIER, ATTACK = "mean_grey", "descent"
FOLDS = ("0", "1")
BACKBONE = "efficientnet_lite0"
"""Only a name: nothing is computed with it."""
SIZE = 32
"""Rows and columns of the pictures and the network's input."""
LINES, SAMPLES = 16, 128
LEVEL, APART, SPREAD = 25.0, 6.4, 5.0
"""In dB: level between the classes, distance of each class from it, spread within a class. 9 of 10 are correct."""

TOUCH = """
from snakemake.cli import main
from snakemake.executors import touch

touch.Executor.SLEEPING_TIME = 0  # default: 0.1 s per job
main()
"""


def write_config(folder, frames_per_job=1):
    """Write the configuration and return it."""
    config = {
        "cohorts": {"frames": "frames.csv"},
        "reconstruction": {"shape": [SIZE, SIZE]},
        "classifiers": {
            CLASSIFIER: {
                "protocol": "cross_validation",
                "folds": len(FOLDS),
                "training": {"backbone": BACKBONE, "input_size": SIZE},
            }
        },
        "attacks": {ATTACK: {"method": "sign_descent"}},
        "frames_per_job": frames_per_job,
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    return config


def snakemake(folder, *arguments, start=("-m", "snakemake"), programs=Path(sys.executable).parent):
    """Run the copied workflow in the study's folder, on two cores, with the `python` of a folder. Returns the output."""
    house = folder.resolve().parent / "house"
    command = [sys.executable, *start, "--snakefile", house / "Snakefile", "--cores", "2"]
    command += ["--workflow-profile", house / "workflow/profiles/default", *arguments]
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    printed = done.stdout + done.stderr
    if done.returncode:
        raise RuntimeError(f"snakemake {' '.join(map(str, arguments))[:200]} failed:\n{printed[-5000:]}")
    return printed


def take_as_made(folder, *rules):
    """Let the workflow record the outputs of the rules, the last one after the others, as if it had made them."""
    snakemake(folder, "--touch", "--forcerun", *rules, "--until", rules[-1], start=("-c", TOUCH))


def speckle(name, label):
    """Noise with a different level in each frame, brighter in fatty livers."""
    rng = np.random.default_rng(int(hashlib.sha256(name.encode()).hexdigest()[:8], 16))
    level = LEVEL + (APART if label else -APART) + SPREAD * rng.standard_normal()
    geometry = ConvexGeometry(apex_radius=0.05, angles=np.deg2rad(np.linspace(-30, 30, LINES)))
    samples = 10 ** (level / 20) * rng.standard_normal((LINES, SAMPLES))
    return RFFrame(samples, geometry=geometry, sampling_frequency=6.25e6, center_frequency=2.5e6)


def write_frames(folder, n_frames):
    rows = [(f"F{i:04}", i % 2) for i in range(n_frames)]
    for name, label in rows:
        speckle(name, label).save(folder / f"frames/{name}.h5")
    table = [f"{name},P{name},frames/{name}.h5,{label}" for name, label in rows]
    (folder / "frames.csv").write_text("\n".join(["frame_id,patient_id,path,label", *table]) + "\n")


def write_reconstructions(folder, study):
    """Write the outputs of `echoshift reconstruct`, all in one process. Returns the pictures by name."""
    images = {}
    for name, recording in study.frames.items():
        frame = RFFrame.open(folder / recording.path)
        found = envelope(frame)
        plan = ReconstructionPlan(found, (SIZE, SIZE))
        image = plan.render(study.initial(name))
        about = provenance(
            settings=study.initial(name),
            reference_level=frame.reference_level,
            shape=[SIZE, SIZE],
            image_digest=image_digest(image),
            inputs={"frame": sha256_of_file(folder / recording.path)},
            packages=("numpy", "scipy", "h5py", "xarray", "zarr"),
        )
        target = folder / f"results/reconstructions/{name}"
        target.mkdir(parents=True)
        write_store(target / STORE, found, plan, image, about)
        write_text(target.with_suffix(".sha256"), digest(found, plan.grid, image) + "\n")
        images[name] = image
    return images


def write_features(path, images):
    """One feature per picture: its mean grey level, the only input of the classifier."""
    about = provenance(
        inputs={"weights": "none", "code": "none"}, packages=("numpy",), backbone=BACKBONE, input_size=SIZE
    )
    values = np.array([[to_network_input(image, SIZE).mean()] for image in images.values()], dtype=np.float32)
    items = tuple(f"frames/{name}" for name in images)
    features = Features(items, values, tuple(image_digest(image) for image in images.values()), about)
    features.save(path)
    return features


def write_classifier(folder, features):
    """Write the same model for each fold. Its logit increases with the mean grey level and is 0 at the median."""
    threshold = float(np.median(features.values))
    keras = load_keras()
    image = keras.Input((SIZE, SIZE, 1), dtype="float32", name="image")
    logit = keras.layers.Dense(1, name="logit")(keras.layers.GlobalAveragePooling2D()(image))
    model = keras.Model(image, logit, name="classifier")
    model.layers[-1].set_weights([np.array([[0.1]], np.float32), np.array([-0.1 * threshold], np.float32)])
    for fold in FOLDS:
        target = folder / f"results/classifiers/{CLASSIFIER}/folds/{fold}"
        save_keras(model, target / "model.keras")
        save_engine(model, target / "engine.xml", model_digest(model))
        write_text(target / "digest.txt", model_digest(model) + "\n")
        write_text(target / "history.csv", "nobody reads it\n")
        table = target / "training.csv"
        items = [row["item_id"] for row in read_rows(table, ("item_id",))]
        inputs = {
            "table": sha256_of_file(table),
            "features": features.select(items).digest(),
            "weights": features.record["inputs"]["weights"],
        }
        settings = {"backbone": BACKBONE, "input_size": SIZE}
        about = provenance(inputs=inputs, packages=("keras",), settings=settings, seed=None, digest=model_digest(model))
        write_json(target / "record.json", about)


def prepare(folder, n_frames):
    """Make the study up to `selected.csv`.

    Parameters
    ----------
    folder : Path
        A new folder. The workflow is copied to `house` beside it.
    n_frames : int
    """
    cv2.setNumThreads(1)
    copy_house(folder.parent / "house")
    (folder / "frames").mkdir(parents=True)
    write_frames(folder, n_frames)
    config = write_config(folder)
    with chdir(folder):  # sheets have relative paths
        study = load_study(config)
    # The workflow itself makes the tables for the trained model and the features.
    tables = [f"results/classifiers/{CLASSIFIER}/folds/{fold}/training.csv" for fold in FOLDS]
    snakemake(folder, *tables, "results/features/frames.csv")
    images = write_reconstructions(folder, study)
    write_classifier(folder, write_features(folder / f"results/features/{BACKBONE}_{SIZE}/frames.npz", images))
    take_as_made(folder, "reconstruct", "features", "train")
    snakemake(folder, "--until", "select")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--frames", type=int, default=1000)
    arguments = parser.parse_args()
    prepare(arguments.folder, arguments.frames)
