"""Four reconstructed frames, a classifier of grey levels without files, and the jobs of accidental changes.

`python grey_study.py FOLDER` runs the jobs.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from common import speckle_frame
from echoshift import ReconstructionPlan
from echoshift.accidental import job as module
from echoshift.accidental.job import AccidentalJob, ask_frames
from echoshift.accidental.settings import Accidental
from echoshift.classifiers.answers import scores_of_logits
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.reconstruction.cache import STORE, digest, write_store
from echoshift.reconstruction.envelope import envelope
from probes import PAPER

FRAMES = ("F1", "F2", "F3", "F4")


class Grey:
    """Positive if the mean grey level reaches 100."""

    digest, packages = "grey", ("numpy",)

    def scores(self, images):
        return scores_of_logits(images.reshape(len(images), -1).mean(axis=1, dtype=np.float64) - 100.0)

    def describe(self):
        return {"engine": "openvino", "digest": self.digest}


def prepare(folder):
    """Write reconstructions and the model's digest."""
    (folder / "model").mkdir(parents=True)
    (folder / "model/digest.txt").write_text(f"{Grey.digest}\n")
    for number, name in enumerate(FRAMES):
        found = envelope(speckle_frame(seed=number, lines=16, samples=300))
        plan = ReconstructionPlan(found, (32, 32))
        image = plan.render(PAPER)
        (folder / "reconstructions" / name).mkdir(parents=True)
        write_store(folder / "reconstructions" / name / STORE, found, plan, image, {})
        (folder / f"reconstructions/{name}.sha256").write_text(digest(found, plan.grid, image))


def jobs(folder, output="results", **changes):
    section = Accidental(**{"draws": 9, "spreads": {"near": {"uniform": 0.5}}} | changes)
    return [
        AccidentalJob(
            classifier="grey", spread="near", frame=name, label=number % 2 or None, fold="all",
            reconstruction=str(folder / "reconstructions" / name), model=str(folder / "model"),
            folder=str(folder / output / name), draws=section.drawn("near", name, PAPER, {}, {}),
        )
        for number, name in enumerate(FRAMES)
    ]  # fmt: skip


def ask(of, code="code"):
    module.open_predictor = lambda settings, model: Grey()
    ask_frames(of, PredictorSettings(), code)


if __name__ == "__main__":
    ask(jobs(Path(sys.argv[1])))
