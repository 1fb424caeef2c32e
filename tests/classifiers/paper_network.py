"""Time and memory of the paper's network: features, one epoch of fine-tuning the whole, evaluation and one attack.

`python tests/classifiers/paper_network.py [--size 299] [--images 24] [--batch-size 8] [--blocks all]`

The weights are RANDOM, in a local file of Keras's layout: the network's answers mean nothing, but it does all the work. Every
step is a command in a process of its own, as in the workflow. Prints one JSON object.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from echoshift.attacks.settings import default_search
from echoshift.settings import PAPER, SETTINGS
from echoshift.storage.files import write_json
from echoshift.storage.tables import write_rows

TESTS = Path(__file__).resolve().parents[1]
INITIAL = {name: SETTINGS[name].initial for name in PAPER}
RANDOM_WEIGHTS = """
import sys
sys.path.insert(0, sys.argv[2])
import numpy as np
from classifiers.conftest import write_keras_layout
from echoshift.classifiers.tensorflow_setup import load_keras

keras = load_keras()
keras.utils.set_random_seed(0)
model = keras.applications.InceptionResNetV2(include_top=False, weights=None, input_shape=(139, 139, 3), pooling="avg")
for layer in model.layers:
    if isinstance(layer, keras.layers.BatchNormalization):
        layer.momentum = 0.0  # statistics of the next batch, so that the features differ between pictures
model(np.random.default_rng(0).uniform(-1, 1, (4, 139, 139, 3)).astype(np.float32), training=True)
write_keras_layout(sys.argv[1], model)
"""


def measured(*command, folder):
    """Run a command; return its seconds, its peak memory (GiB) and what it wrote to its log."""
    log, start = folder / "step.log", time.monotonic()
    process = subprocess.Popen([sys.executable, *map(str, command)], cwd=folder, stderr=log.open("w"))
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{command}: {log.read_text()}")
    found = {"seconds": round(time.monotonic() - start, 1), "peak_GiB": round(usage.ru_maxrss / 2**20, 2)}
    found["cpu_seconds"] = round(usage.ru_utime + usage.ru_stime, 1)
    if command[0] == "-m":
        print(*command[2:4], found, file=sys.stderr)
    return found, log.read_text()


def echoshift(*arguments, folder):
    return measured("-m", "echoshift", *arguments, folder=folder)


def prepare(folder, n_images):
    """Random weights, simulated pictures, two reconstructed frames, and the tables."""
    measured("-c", RANDOM_WEIGHTS, folder / "RANDOM_notop.h5", TESTS, folder=folder)
    small = ("--lines", 64, "--samples", 1670)
    rows = []
    for i in range(n_images):
        label = i % 2
        echoshift("simulate", "image", "--id", f"I{i}", "--label", label, *small, "-o", f"I{i}.png", folder=folder)
        path = folder / f"I{i}.png"
        rows.append({"item_id": f"I{i}", "kind": "image", "patient_id": f"P{i}", "label": label, "path": path})
    write_rows(folder / "training.csv", list(rows[0]), rows)
    write_rows(
        folder / "items.csv", ["item_id", "path"], [{name: row[name] for name in ("item_id", "path")} for row in rows]
    )
    judged = []
    for i in range(2):
        echoshift("simulate", "frame", "--id", f"F{i}", "--label", i, *small, "-o", f"F{i}.h5", folder=folder)
        store = folder / "reconstructions" / f"F{i}" / "reconstruction.zarr"
        digest = folder / "reconstructions" / f"F{i}.sha256"
        echoshift("reconstruct", f"F{i}.h5", "--shape", 512, 512, "-o", store, "--digest", digest, folder=folder)
        ids = {"frame_id": f"F{i}", "patient_id": f"Q{i}", "label": i, "fold": "all"}
        judged.append(ids | {"reconstruction": store.parent, "model": folder / "model"})
    write_rows(folder / "frames.csv", list(judged[0]), judged)
    search = default_search("sign_descent", 21, INITIAL).model_dump(mode="json")
    write_json(folder / "attacks.json", {"attacks": {"descent": {"F0": {"label": None, "search": search}}}})


def measure(folder, size, n_images, batch_size, blocks):
    """Run the steps in a folder; return seconds and memory of each."""
    prepare(folder, n_images)
    network = {"backbone": "inception_resnet_v2", "weights": str(folder / "RANDOM_notop.h5"), "input_size": size}
    recipe = {**network, "trained_blocks": blocks, "epochs": 5, "fine_tuning_epochs": 1, "batch_size": batch_size}
    found = {"size": size, "images": n_images, "batch_size": batch_size, "trained_blocks": blocks, "weights": "random"}
    arguments = ("--table", "items.csv", "--rows", "rows", "--settings", json.dumps(network), "-o", "features.npz")
    found["features"], _ = echoshift("features", *arguments, folder=folder)
    made_from = ("--table", "training.csv", "--features", "features.npz", "--settings", json.dumps(recipe))
    found["train"], log = echoshift("train", *made_from, "-o", "model", folder=folder)
    if epoch := re.search(r"blocks: epoch 1 .*\((\d+) s\)", log):
        found["epoch_seconds"] = int(epoch[1])
    judged = ("--table", "frames.csv", "--protocol", "first_cohort", "-o", "evaluation")
    found["evaluate"], _ = echoshift("evaluate", *judged, folder=folder)
    attack = ("--attacks", "attacks.json", "--classifier", "paper", "--attack", "descent", "--frame", "F0")
    places = ("--fold", "all", "--model", "model", "--reconstructions", "reconstructions", "--code", "code")
    found["attack"], _ = echoshift(
        "attack", *attack, *places, "--finished", "finished.json", "-o", "attacks", folder=folder
    )
    record = json.loads((folder / "attacks/F0/record.json").read_text())
    return found | {"outcome": record["outcome"], "queries": record["queries"]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=299)
    parser.add_argument("--images", type=int, default=24)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--blocks", type=lambda text: text if text == "all" else int(text), default="all")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="echoshift_") as temporary:
        print(json.dumps(measure(Path(temporary), asked.size, asked.images, asked.batch_size, asked.blocks), indent=2))
