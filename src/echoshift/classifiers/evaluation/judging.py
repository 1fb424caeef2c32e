"""Evaluate reconstructed frames, each with the model of its fold: predictions, evaluation, ROC and reliability."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.answers import answer, checked_scores, probabilities
from echoshift.classifiers.evaluation.baselines import evaluate_baselines, liver_cortex_ratio, mean_grey_level
from echoshift.classifiers.evaluation.calibration import RELIABILITY_COLUMNS, calibration, reliability_points
from echoshift.classifiers.evaluation.scores import ROC_COLUMNS, evaluate_auc, evaluate_scores, roc_points
from echoshift.classifiers.interface.folder import GivenModel, read_given
from echoshift.classifiers.interface.outputs import saturated
from echoshift.classifiers.predictors import Predicts, for_frame, for_recording, open_predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.protocols import PROTOCOLS
from echoshift.classifiers.score_columns import score_cells, score_columns
from echoshift.classifiers.table import check_labels, label_of, read_table
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.cache import Reconstruction, read_reconstruction
from echoshift.records.provenance import provenance
from echoshift.records.recordings import RecordedAs
from echoshift.storage.files import read_json, sha256_of_file, write_json
from echoshift.storage.tables import write_rows

PREDICTIONS, EVALUATION, ROC, RELIABILITY = "predictions.csv", "evaluation.json", "roc.csv", "reliability.csv"
OWN_PROBABILITY = "model_probability"
"""Column of the predictions if a cut-off is not 0.5: the probability of the positive class, not from the cut-off."""
MOST_CLIPPED = 0.5
"""Share of black and white pixels in the sector of the median frame above which a warning is given."""

COMMON_COLUMNS = ("frame_id", "patient_id", "label", "fold")
FRAME_COLUMNS = (*COMMON_COLUMNS, "reconstruction", "model", "known")


def evaluate_from_table(
    table: str | Path,
    protocol: str,
    folder: str | Path,
    predictor: PredictorSettings,
    recordings: Mapping[str, RecordedAs] | None = None,
) -> dict[str, Any]:
    """Evaluate all frames of a table and write `predictions.csv`, `roc.csv`, `reliability.csv` and `evaluation.json`.

    Parameters
    ----------
    table : path
        CSV with `frame_id, patient_id, label (empty if unknown), fold, reconstruction (folder), model (folder), known
        (1 if the model was trained on the patient elsewhere, else 0; empty if nobody says)`. Frames of known patients
        get a prediction, but count in no number.
    protocol : str
        One of `PROTOCOLS`.
    folder : path
        Output folder, which may exist. Each file is written atomically.
    predictor : PredictorSettings
        Settings of the predictors.
    recordings : mapping, optional
        Where the recording of each frame lies, for predictors that read it.

    Returns
    -------
    dict
        Content of `evaluation.json`.
    """
    folder = Path(folder)
    rows = read_table(table, FRAME_COLUMNS, may_be_empty=("label", "known"))
    if protocol not in PROTOCOLS:
        raise EchoShiftError(f"protocol: found {protocol!r}, expected one of {', '.join(PROTOCOLS)}")
    _check_folds(rows, table)
    models = {row["fold"]: row["model"] for row in rows}
    predictors = {fold: open_predictor(predictor, model) for fold, model in models.items()}
    labels = [label_of(row) for row in rows]  # None: unknown
    given = read_given(Path(next(iter(models.values()))))
    with_probabilities = not given or given.interface.output.gives != "score"
    cutoffs = {fold: read_json(Path(model) / "record.json").get("cutoff") for fold, model in models.items()}
    is_moved = with_probabilities and any(cutoff and cutoff["logit"] for cutoff in cutoffs.values())
    scores, own_scores, predictions, levels, ratios, clipped, digests = [], [], [], [], [], [], {}
    for row, label in zip(rows, labels, strict=True):
        stored = read_reconstruction(row["reconstruction"])
        recording = (recordings or {}).get(row["frame_id"])
        scores.append(_scores(predictors[row["fold"]], stored, recording, row["frame_id"]))
        said = int(answer(scores[-1]))
        judged = {"answer": said, "correct": None if label is None else str(said == label).lower()}
        cells = score_cells(scores[-1], with_probabilities)
        own_scores.append(_not_from_cutoff(scores[-1], cutoffs[row["fold"]]))
        if is_moved:
            cells[OWN_PROBABILITY] = float(probabilities(own_scores[-1])[1])
        predictions.append({**{name: row[name] for name in COMMON_COLUMNS}, **judged, **cells, "known": row["known"]})
        grid = stored.grid
        inside = stored.inside
        levels.append(mean_grey_level(stored.image, inside))
        clipped.append(np.isin(stored.image.flat[inside], (0, 255)).mean())
        ratios.append(liver_cortex_ratio(stored.image, grid.z, grid.x, stored.regions))
        digests[row["frame_id"]] = stored.digest

    # What counts: all frames except those of patients that the model is known to have been trained on.
    counted = [i for i, row in enumerate(rows) if row["known"] != "1"]
    labels, rows, levels, ratios, clipped, scores, own_scores = (
        [values[i] for i in counted] for values in (labels, rows, levels, ratios, clipped, scores, own_scores)
    )
    n_classes = len(scores[0])
    check_labels(rows, n_classes, table)
    # None: nobody says which patients a given model was trained on.
    n_known = len(predictions) - len(counted) if any(row["known"] for row in predictions) else None
    packages = next(iter(predictors.values())).packages
    evaluation = provenance(
        inputs={
            "table": sha256_of_file(table),
            "reconstructions": digests,
            **({"recordings": {frame: recordings[frame].digest for frame in digests}} if recordings else {}),
        },
        packages=("numpy", *sorted(("opencv-python-headless", *packages)), "scikit-learn", "zarr"),
        **evaluate_scores(scores, labels, [row["fold"] for row in rows], protocol),
        n_known=n_known,
        cutoffs=cutoffs,
        auc_without_cutoffs=evaluate_auc(own_scores, labels),
        calibration=calibration(own_scores, labels, [row["patient_id"] for row in rows])
        if with_probabilities
        else None,
        # One number cannot tell more than two classes apart.
        baselines=evaluate_baselines(
            {"mean_grey_level": levels, "liver_cortex_ratio": ratios} if n_classes == 2 else {}, labels
        ),
        predictors={fold: opened.describe() for fold, opened in predictors.items()},
    )
    warnings = [
        evaluation["warning"], _clipped(clipped), _dependent(rows), _without_slope(given, np.array(scores)),
    ]  # fmt: skip
    evaluation["warning"] = "; ".join(filter(None, warnings)) or None
    columns = [*COMMON_COLUMNS, "answer", *score_columns(n_classes), *[OWN_PROBABILITY] * is_moved, "correct"]
    columns += ["known"] if any(row["known"] for row in predictions) else []  # else nobody says
    write_rows(folder / PREDICTIONS, columns, ({name: row[name] for name in columns} for row in predictions))
    write_rows(folder / ROC, ROC_COLUMNS if n_classes == 2 else ("class", *ROC_COLUMNS), roc_points(scores, labels))
    points = reliability_points(own_scores, labels) if with_probabilities else []
    write_rows(folder / RELIABILITY, RELIABILITY_COLUMNS if n_classes == 2 else ("class", *RELIABILITY_COLUMNS), points)
    evaluation["outputs"] = {name: sha256_of_file(folder / name) for name in (PREDICTIONS, ROC, RELIABILITY)}
    write_json(folder / EVALUATION, evaluation)
    return evaluation


def _scores(predictor: Predicts, stored: Reconstruction, recording: RecordedAs | None, frame: str) -> np.ndarray:
    """Scores of a frame's image, or of its recording, float64 (class,)."""
    try:
        predictor = for_recording(predictor, recording and recording.path)
        return checked_scores(for_frame(predictor, stored).scores(stored.image[None]), 1)[0]
    except EchoShiftError as error:
        raise EchoShiftError(f"frame {frame}: {error}") from None


def _not_from_cutoff(scores: np.ndarray, cutoff: dict[str, Any] | None) -> np.ndarray:
    """The model's own scores (class,), whose probabilities are those that it was trained to give."""
    return scores + np.array([0.0, cutoff["logit"]]) if cutoff else scores


def _clipped(clipped: list[float]) -> str | None:
    share = np.median(clipped)
    if share <= MOST_CLIPPED:
        return None
    return f"{share:.0%} of the sector's pixels are black or white in the median frame: check reference_level"


def _without_slope(given: GivenModel | None, scores: np.ndarray) -> str | None:
    """Warning about probabilities of exactly 0 or 1, from a given model whose answers are probabilities."""
    n_saturated = saturated(scores, given.interface) if given else 0
    if not n_saturated:
        return None
    return f"{n_saturated} of {len(scores)} answers are exactly 0 or 1, where a search finds no slope: logits would be better"


def _dependent(rows: list[dict[str, str]]) -> str | None:
    """Warning about dependent frames: intervals and McNemar's test ignore that frames of one patient are similar."""
    patients = [row["patient_id"] for row in rows if row["label"]]
    if len(set(patients)) == len(patients):
        return None
    return (
        f"{len(patients)} labelled frames of {len(set(patients))} patients are taken as independent: "
        "intervals are too narrow and p-values too small"
    )


def _check_folds(rows: list[dict[str, str]], table: str | Path) -> None:
    """Reject a patient in two folds or a fold with two models: a model could be tested on its training patients."""
    for key, column, owner in (("patient_id", "fold", "patient"), ("fold", "model", "fold")):
        known: dict[str, str] = {}
        for number, row in enumerate(rows, start=2):
            expected = known.setdefault(row[key], row[column])
            if row[column] != expected:
                raise EchoShiftError(
                    f"{table}: row {number}: {column}: found {row[column]!r}, expected {expected!r}, the {owner}'s"
                )
