"""Five reconstructed frames without labels, a model without files, and their batch.

`python batch_study.py FOLDER` attacks the batch.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from brightness import Brightness

import grey_frames
from echoshift.attacks.batch import attack_batch
from echoshift.attacks.job import AttackJob
from echoshift.attacks.settings import default_search
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.jobs import batch
from echoshift.reconstruction.cache import STORE
from probes import PAPER

FRAMES = ("F1", "F2", "F3", "F4", "F5")


def prepare(folder):
    """Write reconstructions and the model's digest; return the jobs."""
    grey_frames.prepare(folder, FRAMES, Brightness.digest)
    return jobs(folder)


def jobs(folder, max_queries=12):
    return [
        AttackJob(
            classifier="grey", attack="descent", frame=name, label=None, fold="all",
            reconstruction=str(folder / "reconstructions" / name), model=str(folder / "model"),
            folder=str(folder / "attacks" / name), search=default_search("sign_descent", max_queries, PAPER),
        )
        for name in FRAMES
    ]  # fmt: skip


def envelope_file(folder, frame):
    """The file that a job reads last."""
    return folder / f"reconstructions/{frame}" / STORE / "envelope/c/0/0"


def attack(of, code="code", again=False):
    batch.open_predictor = lambda settings, model: Brightness(100.0)
    attack_batch(of, PredictorSettings(), code, again)


if __name__ == "__main__":
    attack(jobs(Path(sys.argv[1])))
