"""Five reconstructed frames without labels, a model without files, and their batch.

`python batch_study.py FOLDER` attacks the batch.
"""

import sys
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from common import speckle_frame
from echoshift import ReconstructionPlan
from echoshift.attacks import batch
from echoshift.attacks.job import AttackJob
from echoshift.attacks.settings import default_search
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.reconstruction.cache import STORE, digest, write_store
from echoshift.reconstruction.envelope import envelope

FRAMES = ("F1", "F2", "F3", "F4", "F5")
INITIAL = {"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0}


class MeanGrey:
    """Positive for bright images."""

    digest, packages = "a mean grey level", ("numpy",)

    def scores(self, images):
        logits = images.reshape(len(images), -1).mean(axis=1).astype(np.float64) - 100.0
        return np.stack([np.zeros_like(logits), logits], axis=1)

    def describe(self):
        return {"engine": "openvino", "digest": self.digest}


def prepare(folder):
    """Write reconstructions and the model's digest; return the jobs."""
    (folder / "model").mkdir(parents=True)
    (folder / "model/digest.txt").write_text(f"{MeanGrey.digest}\n")
    for number, name in enumerate(FRAMES):
        found = envelope(speckle_frame(seed=number, lines=16, samples=300))
        plan = ReconstructionPlan(found, (32, 32))
        image = plan.render(INITIAL)
        (folder / "reconstructions" / name).mkdir(parents=True)
        write_store(folder / "reconstructions" / name / STORE, found, plan, image, {})
        (folder / f"reconstructions/{name}.sha256").write_text(digest(found, plan.grid, image))
    return jobs(folder)


def jobs(folder, max_queries=12):
    return [
        AttackJob(
            classifier="grey", attack="descent", frame=name, label=None, fold="all",
            reconstruction=str(folder / "reconstructions" / name), model=str(folder / "model"),
            folder=str(folder / "attacks" / name), search=default_search("sign_descent", max_queries, INITIAL),
        )
        for name in FRAMES
    ]  # fmt: skip


def envelope_file(folder, frame):
    """The file that a job reads last."""
    return folder / f"reconstructions/{frame}" / STORE / "envelope/c/0/0"


def attack(of, code="code", again=False):
    batch.open_predictor = lambda settings, model: MeanGrey()
    batch.attack_batch(of, PredictorSettings(), code, again)


if __name__ == "__main__":
    attack(jobs(Path(sys.argv[1])))
