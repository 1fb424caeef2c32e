"""New processes: time from the first import to the first result."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from bench_parts.timing import entry, in_turns
from common import speckle_frame
from echoshift.reconstruction.envelope import envelope
from probes import PAPER

OUR_IMAGE = """
import numpy as np
from echoshift.frame import EnvelopeFrame
from echoshift.geometry import ConvexGeometry
from echoshift.reconstruction.plan import ReconstructionPlan
given = np.load("{frame}")
geometry = ConvexGeometry({radius}, given["angles"])
frame = EnvelopeFrame(given["envelope"], geometry=geometry, sampling_frequency=10e6, center_frequency=2.5e6)
np.save("{image}", ReconstructionPlan(frame, (512, 512)).render({settings}))
"""
ZEAS_IMAGE = """
import os
os.environ["KERAS_BACKEND"] = "numpy"
import numpy as np
from zea import display
from zea.func.ultrasound import log_compress
given = np.load("{frame}")
gained = given["envelope"] * (10 ** ({settings}["beta"] * given["decibels_per_beta"] / 20)).astype(np.float32)
radii, angles = ({radius}, {radius} + {depth}), (given["angles"][0], given["angles"][-1])
amplitude, _ = display.scan_convert_2d(gained.T, radii, angles, {pixel})
window = ({settings}["alpha_l"], {settings}["alpha_u"])
np.save("{image}", display.to_8bit(log_compress(amplitude), window, pillow=False))
"""
LOGIT = """
{imports} as Predictor
from echoshift.reconstruction.cache import read_reconstruction
from echoshift.reconstruction.plan import ReconstructionPlan
stored = read_reconstruction("{reconstruction}")
plan = ReconstructionPlan(stored.frame, grid=stored.grid)
print(Predictor("{model}").scores(plan.render_many([{settings}])))
"""
OURS = "from echoshift.cli.attack import attack; from echoshift.classifiers.predictors.openvino import Predictor"
NAIVE = "import keras; from echoshift.classifiers.predictors.tensorflow import KerasPredictor"


def process(code, **values):
    command = [sys.executable, "-c", code.format(settings=PAPER, **values)]
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    return lambda: subprocess.run(command, check=True, capture_output=True, env=environment)


def first_image(lines, samples, repeats):
    frame = envelope(speckle_frame(lines=lines, samples=samples, sampling_frequency=10e6))
    depths, geometry = frame.sample_depths, frame.geometry
    with tempfile.TemporaryDirectory() as folder:
        values = {
            "frame": Path(folder) / "frame.npz",
            "image": Path(folder) / "image.npy",
            "radius": geometry.apex_radius,
            "depth": float(depths[-1]),
            "pixel": float(2 * (geometry.apex_radius + depths[-1]) * np.sin(geometry.angles[-1]) / 511),
        }
        per_beta = 2 * frame.center_frequency * 1e-6 * depths * 100
        np.savez(values["frame"], envelope=frame.envelope, angles=geometry.angles, decibels_per_beta=per_beta)
        ours, theirs = in_turns(
            process(OUR_IMAGE, **values), process(ZEAS_IMAGE, **values), repeats=repeats, clock=time.perf_counter
        )
    return entry("process start to first image", ours, "zea, numpy backend", theirs)


def first_logit(engine, reconstruction, repeats):
    processes = (
        process(LOGIT, imports=imports, model=model, reconstruction=reconstruction)
        for imports, model in ((OURS, engine), (NAIVE, engine.with_name("model.keras")))
    )
    ours, theirs = in_turns(*processes, repeats=repeats, clock=time.perf_counter)
    return entry("process start to first logit", ours, "the same with TensorFlow and the Keras model", theirs)


def first_logit_of_a_given_model(engine, reconstruction, repeats):
    """The same network twice: written as ONNX and adopted, and as exported after its training."""
    from bench_parts.as_onnx import write_onnx
    from echoshift.classifiers.adoption.adopting import adopt_file, read_pictures
    from echoshift.classifiers.interface.settings import InputSettings, Interface, OutputSettings

    output = OutputSettings(gives="logits", positive="fatty")
    asked = Interface(input=InputSettings(numbers="0..255"), output=output, classes=("healthy", "fatty"))
    with tempfile.TemporaryDirectory() as folder:
        write_onnx(engine.with_name("model.keras"), Path(folder) / "model.onnx")
        adopt_file(f"{folder}/model.onnx", asked, read_pictures([reconstruction]), Path(folder) / "adopted")
        ours, theirs = in_turns(
            *(
                process(LOGIT, imports=OURS, model=model, reconstruction=reconstruction)
                for model in (Path(folder) / "adopted/engine.xml", engine)
            ),
            repeats=repeats,
            clock=time.perf_counter,
        )
    return entry("process start to first logit, given as ONNX", ours, "the same network as exported here", theirs)
