"""Tables of the sensitivity, from the results of all frames."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.table import label_of, read_table
from echoshift.jobs.frame_job import RECORD
from echoshift.records.provenance import joint_digest, provenance
from echoshift.sensitivity.cohort import INTERVALS, SensitiveFrame, classes_analysed, index_numbers
from echoshift.sensitivity.job import SensitivityJob
from echoshift.sensitivity.ledger import STORE, slices_of
from echoshift.storage.files import read_json, sha256_of_file, write_json
from echoshift.storage.tables import write_rows
from echoshift.summary.attack_results import read_current_record, refused_if_unreadable
from echoshift.summary.cohort import Cohort
from echoshift.validation import checked

FRAMES, INDICES, SUMMARY = "frames.csv", "indices.csv", "summary.json"
JUDGED_COLUMNS = ("frame_id", "patient_id", "label", "fold", "reconstruction", "model", "known")
FRAMES_COLUMNS = (
    "classifier", "protocol", "frame_id", "patient_id", "label", "fold", "known", "initial_answer", "class", "setting", "first",
    "total", "n_queries", "slices_from", "folder",
)  # fmt: skip
INDICES_COLUMNS = (
    "classifier", "protocol", "class", "true_class", "setting", "first", "first_low", "first_high", "total", "total_low",
    "total_high", "n_frames", "n_patients", "n_undefined",
)  # fmt: skip


def write_sensitivity_results(
    results: Path, study: Path, classifiers: Sequence[str], classes: Sequence[str], cohort: Cohort
) -> tuple[dict[str, Any], dict[str, list[SensitiveFrame]]]:
    """Write `sensitivity/frames.csv`, `indices.csv` and `summary.json`.

    Frames of patients that a model was trained on elsewhere have rows, but count in no number.

    Parameters
    ----------
    results : Path
        Folder with `classifiers/` and `sensitivity/`.
    study : Path
        JSON whose `sensitivity` has the label and the design of each frame.
    classifiers : sequence of str
        Names, in the order of the tables.
    classes : sequence of str
        Names of the labels 0, 1, ...
    cohort : Cohort
        What the frames are.

    Returns
    -------
    summary : dict
        Content of `summary.json`; `results` has the rows of `indices.csv`: the mean indices of each setting for the
        log-odds of each class (`class`; one of two), over the frames of each true class (`true_class`) and over all frames
        (None).
    cohorts : dict
        Frames that count, by classifier.

    Raises
    ------
    EchoShiftError
        One line with the repair command, if a result is missing or not that of the present configuration.
    """
    designs, folder = read_json(study)["sensitivity"], results / "sensitivity"
    rows, numbers, cohorts, digests, files = [], [], {}, {}, []
    for classifier in classifiers:
        own = results / "classifiers" / classifier
        files += [own / "frames.csv", own / "evaluation.json"]
        about = {"classifier": classifier, "protocol": read_json(own / "evaluation.json")["protocol"]}
        cohorts[classifier] = []
        for row in read_table(own / "frames.csv", JUDGED_COLUMNS, may_be_empty=("label", "known")):
            job = _job(row, classifier, designs[row["frame_id"]], folder)
            record = read_current_record(job)
            rows += _rows_of_frame(about, row, job, record, results, classes)
            digests.setdefault(classifier, {})[job.frame] = sha256_of_file(Path(job.folder, RECORD))
            cohorts[classifier] += [] if row["known"] == "1" else [_frame(row, job, record)]
        settings = [axis.name for axis in job.design.axes]
        numbers += [about | row for row in _rows_of_cohort(cohorts[classifier], settings, classes)]
    write_rows(folder / FRAMES, *cohort.marked(FRAMES_COLUMNS, rows))
    write_rows(folder / INDICES, *cohort.marked(INDICES_COLUMNS, numbers))
    summary = provenance(
        inputs={
            "files": {Path(os.path.relpath(path, results)).as_posix(): sha256_of_file(path) for path in files},
            "sensitivity": {classifier: joint_digest(own) for classifier, own in digests.items()},
        },
        packages=("numpy", "scipy", "xarray", "zarr"),
        simulated=cohort.simulated,
        cohort=cohort.words,
        classes=list(classes),
        intervals=INTERVALS,
        results=numbers,
        outputs={name: sha256_of_file(folder / name) for name in (FRAMES, INDICES)},
    )
    write_json(folder / SUMMARY, summary)
    return summary, cohorts


def _job(row: Mapping[str, str], classifier: str, of_frame: Mapping[str, Any], folder: Path) -> SensitivityJob:
    frame = row["frame_id"]
    job = {
        **of_frame, "label": label_of(row), "classifier": classifier, "frame": frame, "fold": row["fold"],
        "reconstruction": row["reconstruction"], "model": row["model"], "folder": str(folder / classifier / frame),
    }  # fmt: skip
    return checked(SensitivityJob, job, f"sensitivity, frame {frame}")


def _frame(row: Mapping[str, str], job: SensitivityJob, record: Mapping[str, Any]) -> SensitiveFrame:
    import xarray as xr

    folder = Path(job.folder)
    with refused_if_unreadable(folder, STORE, "a finished result"), xr.open_zarr(folder / STORE) as found:
        slices = slices_of(found)
    first, total = (np.array(record[name], dtype=np.float64) for name in ("first", "total"))  # None becomes NaN
    return SensitiveFrame(row["patient_id"], job.label, record["label"], first, total, slices)


def _rows_of_frame(
    about: Mapping[str, str],
    row: Mapping[str, str],
    job: SensitivityJob,
    record: Mapping[str, Any],
    results: Path,
    classes: Sequence[str],
) -> Iterator[dict[str, Any]]:
    for of_class in classes_analysed(len(record["first"])):
        for i, axis in enumerate(job.design.axes):
            yield {
                **about,
                "frame_id": job.frame,
                "patient_id": row["patient_id"],
                "label": job.label,
                "fold": job.fold,
                "known": row["known"],
                "initial_answer": record["initial_answer"],
                "class": classes[of_class],
                "setting": axis.name,
                "first": record["first"][of_class][i],
                "total": record["total"][of_class][i],
                "n_queries": record["n_queries"],
                "slices_from": (record["slices_from"] or {}).get("attack", "asked"),
                "folder": Path(os.path.relpath(job.folder, results)).as_posix(),
            }


def _rows_of_cohort(
    frames: Sequence[SensitiveFrame], settings: Sequence[str], classes: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for of_class in classes_analysed(len(classes)):
        for label in (None, *range(len(classes))):
            counted = [frame for frame in frames if label in (None, frame.label)]
            true_class = None if label is None else classes[label]
            for i, setting in enumerate(settings):
                numbers = index_numbers(counted, of_class, i)
                yield {"class": classes[of_class], "true_class": true_class, "setting": setting, **numbers}
