"""Predictions before any attack, and the selection of frames to attack: correctly classified or unlabelled ones."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from echoshift.classifiers.answers import answer_of_logit
from echoshift.errors import EchoShiftError
from echoshift.storage.tables import read_rows

COLUMNS = ("frame_id", "patient_id", "label", "fold", "logit")
"""Columns of every `predictions.csv`."""
SELECTED_COLUMNS = ("classifier", "frame", "fold")


@dataclass(frozen=True)
class Judged:
    """A classifier's prediction for one frame at the initial settings.

    Attributes
    ----------
    frame_id, patient_id : str
    label : int or None
        True label, 1 for the positive class; None if unknown.
    fold : str
        Fold whose model classified the frame.
    logit : float
        Logit of the positive class.
    known : bool
        Whether the model was trained on this patient elsewhere: then the frame is left out.
    """

    frame_id: str
    patient_id: str
    label: int | None
    fold: str
    logit: float
    known: bool = False

    @property
    def correct(self) -> bool:
        """Whether the answer is known to be correct."""
        return self.label is not None and bool(answer_of_logit(self.logit) == self.label)

    @property
    def attacked(self) -> bool:
        """Whether the frame is attacked: it is classified correctly or unlabelled, and not of a known patient."""
        return not self.known and (self.label is None or self.correct)


def read_predictions(path: str | Path) -> list[Judged]:
    """Read `predictions.csv` of `echoshift evaluate`, keeping its order."""
    judged = []
    for number, row in enumerate(read_rows(path, COLUMNS), start=2):
        try:
            label = int(row["label"]) if row["label"] else None
            logit, known = float(row["logit"]), row.get("known") == "1"  # a column if somebody says
            judged.append(Judged(row["frame_id"], row["patient_id"], label, row["fold"], logit, known))
        except ValueError:
            raise EchoShiftError(
                f"{path} row {number}: found label {row['label']!r} and logit {row['logit']!r}, expected numbers"
            ) from None
    return judged


def select(predictions: Iterable[Path]) -> list[dict[str, str]]:
    """Rows of `selected.csv`: the correctly classified and the unlabelled frames of every classifier.

    Parameters
    ----------
    predictions : iterable of Path
        One `CLASSIFIER/predictions.csv` per classifier; the folder is named after the classifier.

    Returns
    -------
    list of dict
        `classifier`, `frame`, `fold`; may be empty.
    """
    return [
        {"classifier": path.parent.name, "frame": frame.frame_id, "fold": frame.fold}
        for path in predictions
        for frame in read_predictions(path)
        if frame.attacked
    ]


def read_selected(path: str | Path) -> dict[str, dict[str, str]]:
    """Read `selected.csv`: the fold of each selected frame, by classifier."""
    folds: dict[str, dict[str, str]] = {}
    for row in read_rows(path, SELECTED_COLUMNS):
        folds.setdefault(row["classifier"], {})[row["frame"]] = row["fold"]
    return folds
