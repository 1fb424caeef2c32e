"""Four reconstructed frames, a classifier of grey levels without files, and the jobs of their sensitivity.

`python grey_sensitivity.py FOLDER` runs the jobs.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from echoshift.attacks.job import AttackJob
from echoshift.attacks.searches.lattice import Settings
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.jobs import batch
from echoshift.sensitivity.job import SensitivityJob, ask_frames
from echoshift.sensitivity.settings import Sensitivity
from grey_frames import FRAMES, Grey
from probes import PAPER

SETTINGS = {"beta": {"min": 0.7, "max": 1.1}, "alpha_l": {"min": 9.0, "max": 11.0}}
COARSE = {"beta": {"min": 0.7, "max": 1.1, "rate": 0.1}, "alpha_l": {"min": 9.0, "max": 11.0, "rate": 1.0}}
"""The same box for a lattice of 5 x 3 points."""


def _common(folder, name):
    return {
        "classifier": "grey", "frame": name, "fold": "all", "label": None, "model": str(folder / "model"),
        "reconstruction": str(folder / "reconstructions" / name),
    }  # fmt: skip


def lattices(folder, settings=None):
    """A lattice over the same box, by frame."""
    entry = Settings(method="lattice", settings=settings or COARSE)
    return {
        name: AttackJob(
            **_common(folder, name), attack="bound", folder=str(folder / "lattice" / name), search=entry.search(PAPER)
        )
        for name in FRAMES
    }


def jobs(folder, output="results", lattices=None, **changes):
    section = Sensitivity(**{"samples": 4, "steps": 5, "pairs": 3, "settings": SETTINGS} | changes)
    return [
        SensitivityJob(
            **_common(folder, name) | {"label": number % 2 or None},
            folder=str(folder / output / name), design=section.design(name, PAPER, {}, {}),
            lattices=(lattices[name],) if lattices else (),
        )
        for number, name in enumerate(FRAMES)
    ]  # fmt: skip


def ask(of, code="code", lattice_code="lattice"):
    batch.open_predictor = lambda settings, model: Grey()
    ask_frames(of, PredictorSettings(), code, lattice_code)


if __name__ == "__main__":
    ask(jobs(Path(sys.argv[1])))
