"""Attack a batch of frames in one process, which starts once and opens the model once."""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from echoshift import __version__
from echoshift.attacks.job import AttackJob, run_attack
from echoshift.attacks.pieces import remove_pieces
from echoshift.attacks.settings import is_exhaustive
from echoshift.attacks.trajectory import CODE, FIELD, RECORD, TRAJECTORY
from echoshift.classifiers.predictors import open_predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.records.provenance import package_versions

MOST_NAMED = 10
"""Maximum number of failed frames named in the error message of a batch."""


def attack_batch(
    jobs: Sequence[AttackJob],
    settings: PredictorSettings,
    code: str,
    again: bool = False,
    track: Callable[[Sequence[AttackJob]], Iterable[AttackJob]] = iter,
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
    failures: list[str] = []
    for model, of_model in groupby(track(due), key=lambda job: job.model):
        predictor = open_predictor(settings, model)
        for job in of_model:
            try:
                run_attack(job, predictor, code)
            except (EchoShiftError, OSError, MemoryError) as error:
                failures.append(str(error) or type(error).__name__)
    if failures:
        named = "; ".join(failures[:MOST_NAMED])
        more = f"; and {len(failures) - MOST_NAMED} more" if len(failures) > MOST_NAMED else ""
        raise EchoShiftError(
            named if len(jobs) == 1 else f"{len(failures)} of {len(jobs)} frames failed: {named}{more}"
        )


def is_current(job: AttackJob, settings: PredictorSettings, code: str) -> bool:
    """Whether a frame's result is finished and `job` would give the same result now.

    Compares search, label, fold, model, reconstruction, the attack it starts from, engine, package versions and source
    code.
    """
    folder = Path(job.folder)
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        found = (folder / CODE).read_text(encoding="ascii").strip()
        inputs = {
            "reconstruction": Path(f"{job.reconstruction}.sha256").read_text(encoding="ascii").strip(),
            "model": Path(job.model, "digest.txt").read_text(encoding="ascii").strip(),
            **job.start_digest,
        }
    except (OSError, ValueError, EchoShiftError):
        return False
    source = ("sheet", job.label) if job.label is not None else ("answer", record.get("label"))
    expected: dict[str, Any] = {
        "echoshift_version": __version__,
        "classifier": job.classifier,
        "attack": job.attack,
        "frame_id": job.frame,
        "fold": job.fold,
        "label_source": source[0],
        "label": source[1],
        "inputs": inputs,
        "packages": package_versions(record.get("packages", ())),
        "search": job.search.model_dump(mode="json"),
    }
    stores = [TRAJECTORY, *([FIELD] if is_exhaustive(job.search.method) else [])]
    return (
        found == code
        and all((folder / store / "zarr.json").is_file() for store in stores)
        and record.get("predictor", {}).get("engine") == settings.engine
        and all(record.get(key) == value for key, value in expected.items())
    )
