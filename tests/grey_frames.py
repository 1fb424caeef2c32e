"""Four small reconstructed frames, and a classifier of grey levels without files."""

import numpy as np

from common import speckle_frame
from echoshift import ReconstructionPlan
from echoshift.classifiers.answers import scores_of_logits
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


def prepare(folder, frames=FRAMES, model=Grey.digest):
    """Write reconstructions and the model's digest."""
    (folder / "model").mkdir(parents=True)
    (folder / "model/digest.txt").write_text(f"{model}\n")
    for number, name in enumerate(frames):
        found = envelope(speckle_frame(seed=number, lines=16, samples=300))
        plan = ReconstructionPlan(found, (32, 32))
        image = plan.render(PAPER)
        (folder / "reconstructions" / name).mkdir(parents=True)
        write_store(folder / "reconstructions" / name / STORE, found, plan, image, {})
        (folder / f"reconstructions/{name}.sha256").write_text(digest(found, plan.grid, image))
