"""Four reconstructed frames, a classifier of grey levels without files, and the jobs of accidental changes.

`python grey_study.py FOLDER` runs the jobs.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from echoshift.accidental.job import AccidentalJob, ask_frames
from echoshift.accidental.settings import Accidental
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.jobs import batch
from grey_frames import FRAMES, Grey
from probes import PAPER


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
    batch.open_predictor = lambda settings, model: Grey()
    ask_frames(of, PredictorSettings(), code)


if __name__ == "__main__":
    ask(jobs(Path(sys.argv[1])))
