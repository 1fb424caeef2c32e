"""Answers of a real GPU. Skipped on machines without one, including CI: run this file manually on a GPU machine."""

import json
import os
import shutil
import subprocess

import numpy as np
import pytest

from classifiers.conftest import run_python
from echoshift.classifiers.predictors.gpu import VISIBLE
from echoshift.classifiers.predictors.openvino import Predictor
from echoshift.classifiers.predictors.tensorflow import GPU_BATCH

pytestmark = pytest.mark.skipif(shutil.which("nvidia-smi") is None, reason="no GPU: nvidia-smi is not there")

SEEN = "import tensorflow as tf; print(tf.config.list_physical_devices('GPU'))"
ASK = """
import json, sys
from pathlib import Path
import numpy as np
from echoshift.classifiers.predictors.tensorflow import open_predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
predictor = open_predictor(Path(sys.argv[1]), PredictorSettings(engine="tensorflow"))
images = np.load(sys.argv[2])
answers = {
    "together": predictor.scores(images)[:, 1],
    "reversed": predictor.scores(images[::-1])[::-1, 1],
    "alone": np.concatenate([predictor.scores(images[i : i + 1])[:, 1] for i in range(len(images))]),
}
print(json.dumps({"told": predictor.describe()} | {name: list(logits) for name, logits in answers.items()}))
"""


@pytest.fixture(scope="module")
def asked(borderline, tmp_path_factory):
    """Run twice in separate processes, because the test process has no GPU and a job would not share one."""
    images = tmp_path_factory.mktemp("asked") / "images.npy"
    np.save(images, borderline.images)
    environment = {name: value for name, value in os.environ.items() if name != VISIBLE}  # set by Keras on the CPU
    # Detected by TensorFlow itself, not with our device names: a wrong name must not cause a skip.
    seen = run_python(SEEN, environment=environment)
    if seen.stdout == "[]\n":
        pytest.skip("no GPU that the installed tensorflow can use")
    done = [run_python(ASK, borderline.folder, images, environment=environment, check=False) for _ in range(2)]
    assert not any(one.returncode for one in done), done[0].stderr + done[1].stderr
    return [json.loads(one.stdout) for one in done]


def test_a_gpu_and_the_engine_agree(borderline, asked):
    engine = Predictor(borderline.folder / "engine.xml")
    logits = engine.scores(borderline.images)[:, 1]
    assert (np.abs(logits) < 1).sum() >= 20
    assert np.abs(logits - asked[0]["together"]).max() < 1e-3  # TensorFloat-32 differs by more
    assert asked[0]["told"]["digest"] == engine.digest


def test_an_answer_does_not_depend_on_its_company_or_process(asked):
    assert len(asked[0]["together"]) % GPU_BATCH == 0  # full batches, and single images in padded batches
    assert asked[0]["together"] == asked[0]["reversed"] == asked[0]["alone"]
    assert asked[0] == asked[1]


def test_the_record_names_the_device(asked):
    listed = subprocess.run(
        ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], check=True, capture_output=True, text=True
    )
    assert asked[0]["told"]["device"] in listed.stdout.splitlines()
    assert asked[0]["told"]["batch_shape"][0] == GPU_BATCH
