"""Attack a batch of frames in one process, which starts once and opens the model once."""

from collections.abc import Sequence
from pathlib import Path

from echoshift.attacks.job import AttackJob, run_attack
from echoshift.attacks.pieces import remove_pieces
from echoshift.attacks.trajectory import RECORD
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.jobs.batch import Track, run_batch
from echoshift.jobs.frame_job import is_current


def attack_batch(
    jobs: Sequence[AttackJob],
    settings: PredictorSettings,
    code: str,
    again: bool = False,
    track: Track = iter,
) -> None:
    """Attack the frames of a batch that have no finished and current result.

    A failed frame does not stop the others.

    Parameters
    ----------
    jobs : sequence of AttackJob
    settings : PredictorSettings
    code : str
        Digest of the rule's source code.
    again : bool
        Attack all frames again. Their records and pieces are removed first, so that a retry attacks only the missing frames.
    track : callable
        Shows the progress.

    Raises
    ------
    EchoShiftError
        After the last frame, if any frame failed. Contains the reasons.
    """
    if again:
        for job in jobs:
            Path(job.folder, RECORD).unlink(missing_ok=True)
            remove_pieces(job.folder)
    due = []
    for job in jobs:
        if is_current(job, settings, code):
            remove_pieces(job.folder)  # of a job killed after it had written its result
        else:
            due.append(job)
    run_batch(due, len(jobs), settings, lambda job, predictor: run_attack(job, predictor, code), track)
