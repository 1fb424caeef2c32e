"""`make bench`: ours against the peers, side by side in one run, on one thread; writes results/bench.json.

Needs a finished study (its first fold's model and first frame). Medians after warm-up: 50 for what takes
milliseconds, 5 for whole processes.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import cv2
import numpy as np
from scipy.ndimage import map_coordinates

from common import speckle_frame
from echoshift import ReconstructionPlan
from echoshift.classifiers.predictor import Predictor
from echoshift.files import write_json
from echoshift.geometry import line_position
from echoshift.reconstruction.cache import read_reconstruction
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.resize import to_network_input

RESULTS = Path("results")
SETTINGS = {"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0}


def medians(*functions, repeats=50):
    """Median seconds of each, taken in turns so that a busy moment meets them all."""
    for function in functions:
        function()
    times = []
    for _ in range(repeats):
        row = []
        for function in functions:
            start = time.perf_counter()
            function()
            row.append(time.perf_counter() - start)
        times.append(row)
    return [float(value) for value in np.median(times, axis=0)]


def fair_peer(frame, plan):
    """Numpy and `map_coordinates`, float32, coordinates and mask computed beforehand, order 1, no prefilter."""
    found = envelope(frame)
    depths, sector = found.sample_depths, plan.sector
    down, across = np.meshgrid(plan.z + frame.geometry.apex_radius, plan.x, indexing="ij")
    line = line_position(frame.geometry.angles, np.arctan2(across, down))[sector]
    sample = ((np.hypot(down, across) - frame.geometry.apex_radius - depths[0]) / (depths[1] - depths[0]))[sector]
    coordinates = np.stack([line, sample]).astype(np.float32)
    per_beta = (2 * frame.center_frequency * 1e-6 * depths * 100).astype(np.float32)

    def render():
        gained = found.envelope * np.float32(10) ** (np.float32(SETTINGS["beta"] / 20) * per_beta)
        amplitude = map_coordinates(gained, coordinates, order=1, prefilter=False, output=np.float32, mode="nearest")
        with np.errstate(divide="ignore"):
            level = 20 * np.log10(amplitude)
        np.clip(level, SETTINGS["alpha_l"], SETTINGS["alpha_u"], out=level)
        level -= np.float32(SETTINGS["alpha_l"])
        level *= np.float32(255 / (SETTINGS["alpha_u"] - SETTINGS["alpha_l"]))
        level += np.float32(0.5)
        image = np.zeros(sector.shape, np.uint8)
        image[sector] = level.astype(np.uint8)
        return image

    return render


def one_query():
    frame = speckle_frame(lines=192, samples=2048, sampling_frequency=10e6)
    plan = ReconstructionPlan(frame, shape=(512, 512))
    theirs = fair_peer(frame, plan)
    difference = np.abs(plan.render(SETTINGS).astype(int) - theirs().astype(int))[plan.sector]
    if difference.max() > 1 or (difference > 0).mean() > 0.01:  # its float32 coordinates cost it some pixels
        sys.exit("bench: the peer draws another image, expected one within a level")
    seconds, peer = medians(lambda: plan.render(SETTINGS), theirs)
    return entry("one query, 2048 x 192 to 512 x 512", seconds, "numpy + map_coordinates, float32", peer)


def share_of_a_query(engine, reconstruction):
    stored = read_reconstruction(reconstruction)
    plan = ReconstructionPlan(stored.frame, grid=stored.grid)
    predictor = Predictor(engine)
    size = predictor.input_size
    seconds, whole = medians(
        lambda: to_network_input(plan.render(SETTINGS), size), lambda: predictor.logits(plan.render_many([SETTINGS]))
    )
    return entry("render + resize of one query", seconds, "render + resize + predict", whole)


OURS = """
from echoshift.cli.attack import attack
from echoshift.classifiers.predictor import Predictor
from echoshift.reconstruction.cache import read_reconstruction
from echoshift.reconstruction.plan import ReconstructionPlan
stored = read_reconstruction("{reconstruction}")
plan = ReconstructionPlan(stored.frame, grid=stored.grid)
print(Predictor("{engine}").logits(plan.render_many([{settings}])))
"""
NAIVE = """
import keras
from echoshift.reconstruction.cache import read_reconstruction
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.classifiers.keras_predictor import KerasPredictor
stored = read_reconstruction("{reconstruction}")
plan = ReconstructionPlan(stored.frame, grid=stored.grid)
print(KerasPredictor("{model}").logits(plan.render_many([{settings}])))
"""


def first_logit(engine, reconstruction):
    values = {
        "engine": engine,
        "model": engine.with_name("model.keras"),
        "reconstruction": reconstruction,
        "settings": SETTINGS,
    }

    def process(code):
        return lambda: subprocess.run([sys.executable, "-c", code.format(**values)], check=True, capture_output=True)

    seconds, peer = medians(process(OURS), process(NAIVE), repeats=5)
    return entry("process start to first logit", seconds, "the same with TensorFlow and the Keras model", peer)


def entry(name, seconds, peer, peer_seconds):
    return {
        "name": name,
        "seconds": seconds,
        "peer": peer,
        "peer_seconds": peer_seconds,
        "ratio": peer_seconds / seconds,
    }


if __name__ == "__main__":
    cv2.setNumThreads(1)
    engines = sorted(RESULTS.glob("classifiers/*/folds/*/engine.xml"))
    reconstructions = sorted(RESULTS.glob("reconstructions/*"))
    if not engines or not reconstructions:
        sys.exit("bench: found no finished study in results/, expected one: make run")
    measured = [
        one_query(),
        share_of_a_query(engines[0], reconstructions[0]),
        first_logit(engines[0], reconstructions[0]),
    ]
    write_json(RESULTS / "bench.json", measured)
    print(json.dumps(measured, indent=2))
