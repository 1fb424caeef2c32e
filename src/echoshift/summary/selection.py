"""How each frame was judged before any attack, and which frames are attacked: those judged correctly or unlabelled."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from echoshift.classifiers.answers import answer_of_logit
from echoshift.errors import EchoShiftError
from echoshift.storage.tables import read_rows

SELECTED_COLUMNS = ("classifier", "frame", "fold")


@dataclass(frozen=True)
class Judged:
    """One frame as its classifier judged it at the initial settings.

    Attributes
    ----------
    frame_id, patient_id : str
    label : int or None
        The truth: 1 for the positive class; None where nobody knows.
    fold : str
        Fold whose model judged the frame.
    logit : float
        Of the positive class.
    """

    frame_id: str
    patient_id: str
    label: int | None
    fold: str
    logit: float

    @property
    def correct(self) -> bool:
        """Whether the answer is known to be the truth."""
        return self.label is not None and bool(answer_of_logit(self.logit) == self.label)

    @property
    def attacked(self) -> bool:
        """Whether it is attacked: judged correctly, or away from its answer where nobody knows the truth."""
        return self.label is None or self.correct


def read_predictions(path: str | Path) -> list[Judged]:
    """Read `predictions.csv` of `echoshift evaluate`, in its order."""
    judged = []
    for number, row in enumerate(read_rows(path, ("frame_id", "patient_id", "label", "fold", "logit")), start=2):
        try:
            label = int(row["label"]) if row["label"] else None
            judged.append(Judged(row["frame_id"], row["patient_id"], label, row["fold"], float(row["logit"])))
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
        One `CLASSIFIER/predictions.csv` for each classifier; the folder has the classifier's name.

    Returns
    -------
    list of dict
        `classifier`, `frame`, `fold`; none at all is a valid end.
    """
    return [
        {"classifier": path.parent.name, "frame": frame.frame_id, "fold": frame.fold}
        for path in predictions
        for frame in read_predictions(path)
        if frame.attacked
    ]


def read_selected(path: str | Path) -> dict[str, dict[str, str]]:
    """Read `selected.csv`: by classifier, the fold of each selected frame."""
    folds: dict[str, dict[str, str]] = {}
    for row in read_rows(path, SELECTED_COLUMNS):
        folds.setdefault(row["classifier"], {})[row["frame"]] = row["fold"]
    return folds
