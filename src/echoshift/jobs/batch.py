"""Many frames in one process, which starts once and opens each model once."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import TypeVar

from echoshift.classifiers.predictors import Predicts, open_predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.jobs.frame_job import FrameJob

Job = TypeVar("Job", bound=FrameJob)
Track = Callable[[Sequence[Job]], Iterable[Job]]

MOST_NAMED = 10
"""Maximum number of failed frames named in the error message of a batch."""


def run_batch(
    due: Sequence[Job],
    n_jobs: int,
    settings: PredictorSettings,
    run: Callable[[Job, Predicts], None],
    track: Track = iter,
) -> None:
    """Run jobs one after the other. A failed frame does not stop the others.

    Parameters
    ----------
    due : sequence of FrameJob
        Those without a current result.
    n_jobs : int
        Number of frames in the batch.
    settings : PredictorSettings
    run : callable
        Runs one job with the predictor of its model.
    track : callable
        Shows the progress.

    Raises
    ------
    EchoShiftError
        After the last frame, if any frame failed. Contains the reasons.
    """
    failures: list[str] = []
    for model, of_model in groupby(track(due), key=lambda job: job.model):
        predictor = open_predictor(settings, model)
        for job in of_model:
            try:
                run(job, predictor)
            except (EchoShiftError, OSError, MemoryError) as error:
                failures.append(str(error) or type(error).__name__)
    if failures:
        named = "; ".join(failures[:MOST_NAMED])
        more = f"; and {len(failures) - MOST_NAMED} more" if len(failures) > MOST_NAMED else ""
        raise EchoShiftError(named if n_jobs == 1 else f"{len(failures)} of {n_jobs} frames failed: {named}{more}")
