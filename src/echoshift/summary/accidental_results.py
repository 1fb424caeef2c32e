"""Tables of accidental changes, from the results of all frames."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from echoshift.accidental.cohort import INTERVALS, DrawnFrame, change_of_answer, cohort_numbers
from echoshift.accidental.job import AccidentalJob
from echoshift.accidental.ledger import STORE
from echoshift.classifiers.table import label_of, read_table
from echoshift.jobs.frame_job import RECORD
from echoshift.records.provenance import joint_digest, provenance
from echoshift.storage.files import read_json, sha256_of_file, write_json
from echoshift.storage.tables import write_rows
from echoshift.summary.attack_results import read_arrays, read_current_record
from echoshift.summary.cohort import Cohort
from echoshift.validation import checked

FRAMES, SUMMARY = "frames.csv", "summary.json"
JUDGED_COLUMNS = ("frame_id", "patient_id", "label", "fold", "reconstruction", "model", "known")
COLUMNS = (
    "classifier", "protocol", "spread", "frame_id", "patient_id", "label", "fold", "known", "initial_answer", "draws", "changed",
    "probability", "low", "high", "limit", "folder",
)  # fmt: skip


def write_accidental_results(
    results: Path, study: Path, classifiers: Sequence[str], spreads: Iterable[str], cohort: Cohort
) -> dict[str, Any]:
    """Write `accidental/frames.csv` and `accidental/summary.json`.

    Frames of patients that a model was trained on elsewhere have rows, but count in no number.

    Parameters
    ----------
    results : Path
        Folder with `classifiers/` and `accidental/`.
    study : Path
        JSON whose `accidental` has the label and the draws of each spread and frame.
    classifiers, spreads : sequence of str
        Names, in the order of the tables.
    cohort : Cohort
        What the frames are.

    Returns
    -------
    dict
        Content of `summary.json`; `results` has an entry for each classifier and spread.

    Raises
    ------
    EchoShiftError
        One line with the repair command, if a result is missing or not that of the present configuration.
    """
    of_spread, folder = read_json(study)["accidental"], results / "accidental"
    rows, numbers, digests, files = [], [], {}, []
    for classifier in classifiers:
        own = results / "classifiers" / classifier
        files += [own / "frames.csv", own / "evaluation.json"]
        judged = read_table(own / "frames.csv", JUDGED_COLUMNS, may_be_empty=("label", "known"))
        about = {"classifier": classifier, "protocol": read_json(own / "evaluation.json")["protocol"]}
        for spread in spreads:
            counted = []
            for row in judged:
                job = _job(row, classifier, spread, of_spread[spread][row["frame_id"]], folder)
                record = read_current_record(job)
                drawn = _drawn_frame(row, job)
                rows.append(_row(about, row, job, record, results))
                digests.setdefault(f"{classifier}/{spread}", {})[job.frame] = sha256_of_file(Path(job.folder, RECORD))
                counted += [] if row["known"] == "1" else [drawn]
            numbers.append(
                {
                    **about,
                    "spread": spread,
                    "distribution": job.draws.spread.model_dump(mode="json"),
                    "n_draws": job.draws.n,
                    "n_known": len(judged) - len(counted),
                    **cohort_numbers(counted),
                }
            )
    write_rows(folder / FRAMES, *cohort.marked(COLUMNS, rows))
    summary = provenance(
        inputs={
            "files": {Path(os.path.relpath(path, results)).as_posix(): sha256_of_file(path) for path in files},
            "accidental": {run: joint_digest(own) for run, own in digests.items()},
        },
        packages=("numpy", "scipy", "zarr"),
        simulated=cohort.simulated,
        cohort=cohort.words,
        intervals=INTERVALS,
        results=numbers,
        outputs={FRAMES: sha256_of_file(folder / FRAMES)},
    )
    write_json(folder / SUMMARY, summary)
    return summary


def _job(
    row: Mapping[str, str], classifier: str, spread: str, of_frame: Mapping[str, Any], folder: Path
) -> AccidentalJob:
    frame = row["frame_id"]
    job = {
        **of_frame, "label": label_of(row), "classifier": classifier, "spread": spread, "frame": frame, "fold": row["fold"],
        "reconstruction": row["reconstruction"], "model": row["model"], "folder": str(folder / classifier / spread / frame),
    }  # fmt: skip
    return checked(AccidentalJob, job, f"accidental spread {spread}, frame {frame}")


def _drawn_frame(row: Mapping[str, str], job: AccidentalJob) -> DrawnFrame:
    names = ("query_scores", "query_changed")
    scores, changed = read_arrays(Path(job.folder), STORE, names, "a finished result").values()
    return DrawnFrame(row["patient_id"], job.label, scores, changed)


def _row(
    about: Mapping[str, str], row: Mapping[str, str], job: AccidentalJob, record: Mapping[str, Any], results: Path
) -> dict[str, Any]:
    return {
        **about,
        "spread": job.spread,
        "frame_id": job.frame,
        "patient_id": row["patient_id"],
        "label": job.label,
        "fold": job.fold,
        "known": row["known"],
        "initial_answer": record["initial_answer"],
        "draws": job.draws.n,
        "changed": record["n_changed"],
        **change_of_answer(record["n_changed"], job.draws.n),
        "folder": Path(os.path.relpath(job.folder, results)).as_posix(),
    }
