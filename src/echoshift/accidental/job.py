"""Ask about accidental changes of frames: from cached reconstructions and a model to result folders."""

from collections.abc import Sequence
from typing import Any

from echoshift.accidental.asking import ask_draws
from echoshift.accidental.ledger import STORE, write_ledger
from echoshift.accidental.settings import Draws
from echoshift.attacks.job import asker
from echoshift.classifiers.predictors import Predicts
from echoshift.classifiers.predictors.settings import ENGINES, PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.jobs.asking import settings_at
from echoshift.jobs.batch import Track, run_batch
from echoshift.jobs.frame_job import FrameJob, is_current
from echoshift.reconstruction.cache import read_reconstruction
from echoshift.records.provenance import provenance


class AccidentalJob(FrameJob):
    """One frame to ask about.

    Attributes
    ----------
    spread : str
        Name of the spread.
    draws : Draws
    """

    spread: str
    draws: Draws

    @property
    def stores(self) -> tuple[str, ...]:
        """Names of the zarr stores in a finished result."""
        return (STORE,)

    @property
    def asked(self) -> dict[str, Any]:
        """Fields of the record that say what was asked, as JSON values."""
        return {"spread": self.spread, "draws": self.draws.model_dump(mode="json")}


def ask_frames(
    jobs: Sequence[AccidentalJob],
    settings: PredictorSettings,
    code: str,
    track: Track = iter,
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
    run_batch(due, len(jobs), settings, lambda job, predictor: ask_frame(job, predictor, code), track)


def ask_frame(job: AccidentalJob, predictor: Predicts, code: str) -> None:
    """Ask about one frame and write its folder atomically. The result does not depend on other frames of the process."""
    stored = read_reconstruction(job.reconstruction)
    plan = stored.plan()
    tolerance = ENGINES[predictor.describe()["engine"]].tolerance
    try:
        answers = ask_draws(asker(plan, predictor), job.label, job.draws, tolerance)
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
    asked = settings_at([axis.name for axis in job.draws.axes], job.draws.fixed, answers.points)
    write_ledger(job.folder, job.draws, answers, plan.unknown(asked), about, code)
