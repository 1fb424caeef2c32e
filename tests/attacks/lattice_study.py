"""The lattice of one reconstructed frame, answered slowly enough to be killed: `python lattice_study.py FOLDER`."""

import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

import batch_study
from brightness import Brightness

from echoshift.attacks.batch import attack_batch
from echoshift.attacks.searches.lattice import Settings
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.jobs import batch
from probes import PAPER

STEPS = {"beta": {"rate": 0.1}, "alpha_l": {"rate": 1}, "alpha_u": {"rate": 2}}
"""9 x 11 x 7 = 693 points, 12 pieces."""


class Counting(Brightness):
    """Counts the pictures asked, and takes a time for each."""

    def __init__(self, pause=0.0):
        super().__init__(50.0)
        self.pause, self.n_asked = pause, 0

    def scores(self, images):
        time.sleep(self.pause * len(images))
        self.n_asked += len(images)
        return super().scores(images)


def prepare(folder):
    batch_study.prepare(folder)
    return job(folder)


def job(folder, max_queries=1000):
    search = Settings(method="lattice", settings=STEPS, max_queries=max_queries).search(PAPER)
    return batch_study.jobs(folder)[0].model_copy(update={"search": search, "attack": "bound"})


def attack(of, code="code", pause=0.0, again=False):
    """Attack, and return the number of pictures asked."""
    predictor = Counting(pause)
    batch.open_predictor = lambda settings, model: predictor
    attack_batch([of], PredictorSettings(), code, again)
    return predictor.n_asked


if __name__ == "__main__":
    attack(job(Path(sys.argv[1])), pause=0.002)
