"""Ask about accidental changes of frames: from cached reconstructions and a model to result folders."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from echoshift import __version__
from echoshift.accidental.asking import ask_draws
from echoshift.accidental.ledger import CODE, RECORD, STORE, write_ledger
from echoshift.accidental.settings import Draws
from echoshift.classifiers.predictors import Predicts, open_predictor
from echoshift.classifiers.predictors.settings import ENGINES, PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.cache import read_reconstruction
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.records.provenance import package_versions, provenance
from echoshift.validation import Strict

MOST_NAMED = 10
"""Maximum number of failed frames named in the error message of a batch."""


class AccidentalJob(Strict):
    """One frame to ask about.

    Attributes
    ----------
    classifier, spread, frame : str
        Names of the classifier and the spread, and the frame's id.
    label : int or None
        Number of the true class. None if unknown: then the initial answer takes its place.
    fold : str
        Fold whose model judges the frame.
    reconstruction, model, folder : str
        Folders of the frame's cached reconstruction, of the fold's model, and of the result.
    draws : Draws
    """

    classifier: str
    spread: str
    frame: str
    label: Annotated[int, Field(ge=0)] | None
    fold: str
    reconstruction: str
    model: str
    folder: str
    draws: Draws

    def expected(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Fields that a record of this job has now; `record` gives the initial answer of a frame without a label."""
        unlabelled = self.label is None
        return {
            "classifier": self.classifier,
            "spread": self.spread,
            "frame_id": self.frame,
            "fold": self.fold,
            "label_source": "answer" if unlabelled else "sheet",
            "label": record.get("initial_answer") if unlabelled else self.label,
            "draws": self.draws.model_dump(mode="json"),
            "inputs": {
                "reconstruction": Path(f"{self.reconstruction}.sha256").read_text(encoding="ascii").strip(),
                "model": Path(self.model, "digest.txt").read_text(encoding="ascii").strip(),
            },
        }


def ask_frames(
    jobs: Sequence[AccidentalJob],
    settings: PredictorSettings,
    code: str,
    track: Callable[[Sequence[AccidentalJob]], Iterable[AccidentalJob]] = iter,
) -> None:
    """Ask about the frames that have no finished and current result, in one process that opens each model once.

    A failed frame does not stop the others.

    Parameters
    ----------
    jobs : sequence of AccidentalJob
    settings : PredictorSettings
    code : str
        Digest of the rule's source code.
    track : callable
        Shows the progress.

    Raises
    ------
    EchoShiftError
        After the last frame, if any frame failed. Contains the reasons.
    """
    due = [job for job in jobs if not is_current(job, settings, code)]
    failures: list[str] = []
    for model, of_model in groupby(track(due), key=lambda job: job.model):
        predictor = open_predictor(settings, model)
        for job in of_model:
            try:
                ask_frame(job, predictor, code)
            except (EchoShiftError, OSError, MemoryError) as error:
                failures.append(str(error) or type(error).__name__)
    if failures:
        named = "; ".join(failures[:MOST_NAMED])
        more = f"; and {len(failures) - MOST_NAMED} more" if len(failures) > MOST_NAMED else ""
        raise EchoShiftError(f"{len(failures)} of {len(jobs)} frames failed: {named}{more}")


def ask_frame(job: AccidentalJob, predictor: Predicts, code: str) -> None:
    """Ask about one frame and write its folder atomically. The result does not depend on other frames of the process."""
    stored = read_reconstruction(job.reconstruction)
    plan = ReconstructionPlan(stored.frame, grid=stored.grid)
    tolerance = ENGINES[predictor.describe()["engine"]].tolerance
    try:
        answers = ask_draws(lambda some: predictor.scores(plan.render_many(some)), job.label, job.draws, tolerance)
    except EchoShiftError as error:
        where = f"frame {job.frame}, classifier {job.classifier}, accidental spread {job.spread}"
        raise EchoShiftError(f"{where}: {error}") from None
    about = provenance(
        classifier=job.classifier,
        spread=job.spread,
        frame_id=job.frame,
        fold=job.fold,
        label=answers.label,
        label_source="answer" if job.label is None else "sheet",
        predictor=predictor.describe(),
        inputs={"reconstruction": stored.digest, "model": predictor.digest},
        packages=("numpy", *predictor.packages, "opencv-python-headless", "xarray", "zarr"),
    )
    write_ledger(job.folder, job.draws, answers, about, code)


def is_current(job: AccidentalJob, settings: PredictorSettings, code: str) -> bool:
    """Whether a frame's result is finished and `job` would give the same result now."""
    folder = Path(job.folder)
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        found = (folder / CODE).read_text(encoding="ascii").strip()
        expected = {
            "echoshift_version": __version__,
            "packages": package_versions(record.get("packages", ())),
            **job.expected(record),
        }
    except (OSError, ValueError):
        return False
    return (
        found == code
        and (folder / STORE / "zarr.json").is_file()
        and record.get("predictor", {}).get("engine") == settings.engine
        and all(record.get(key) == value for key, value in expected.items())
    )
