"""Predictions before any attack, and the selection of frames to attack: correctly classified or unlabelled ones."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from echoshift.classifiers.answers import answer
from echoshift.classifiers.score_columns import scores_of_cells
from echoshift.errors import EchoShiftError
from echoshift.storage.tables import read_rows

COLUMNS = ("frame_id", "patient_id", "label", "fold")
"""Columns of every `predictions.csv`, besides the scores."""
SELECTED_COLUMNS = ("classifier", "frame", "fold", "answer")


@dataclass(frozen=True)
class Judged:
    """A classifier's prediction for one frame at the initial settings.

    Attributes
    ----------
    frame_id, patient_id : str
    label : int or None
        Number of the true class; None if unknown.
    fold : str
        Fold whose model classified the frame.
    scores : tuple of float
        Score of each class; with two classes, 0 and the logit of the positive one.
    has_probabilities : bool
        Whether the scores are logarithms of probabilities.
    known : bool
        Whether the model was trained on this patient elsewhere: then the frame is left out.
    """

    frame_id: str
    patient_id: str
    label: int | None
    fold: str
    scores: tuple[float, ...]
    has_probabilities: bool = True
    known: bool = False

    @property
    def answer(self) -> int:
        """Number of the class that the classifier says."""
        return int(answer(self.scores))

    @property
    def correct(self) -> bool:
        """Whether the answer is known to be correct."""
        return self.label is not None and self.answer == self.label

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
            scores, has_probabilities = scores_of_cells(row), row.get("probability", row.get("probability_0")) != ""
            if not scores:
                raise EchoShiftError(f"{path}: found no scores, expected columns logit or score_0, score_1, ...")
            known = row.get("known") == "1"  # a column if somebody says
            judged.append(
                Judged(row["frame_id"], row["patient_id"], label, row["fold"], scores, has_probabilities, known)
            )
        except ValueError:
            cells = {
                name: text for name, text in row.items() if name in ("label", "logit") or name.startswith("score_")
            }
            found = " and ".join(f"{name} {text!r}" for name, text in cells.items())
            raise EchoShiftError(f"{path} row {number}: found {found}, expected numbers") from None
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
        `classifier`, `frame`, `fold`, `answer`; may be empty.
    """
    return [
        {"classifier": path.parent.name, "frame": frame.frame_id, "fold": frame.fold, "answer": str(frame.answer)}
        for path in predictions
        for frame in read_predictions(path)
        if frame.attacked
    ]


class Selected(NamedTuple):
    """A selected frame's fold, and the classifier's answer for it: an attack with this target leaves the frame out."""

    fold: str
    answer: int


def read_selected(path: str | Path) -> dict[str, dict[str, Selected]]:
    """Read `selected.csv`: each selected frame, by classifier."""
    found: dict[str, dict[str, Selected]] = {}
    for row in read_rows(path, SELECTED_COLUMNS):
        found.setdefault(row["classifier"], {})[row["frame"]] = Selected(row["fold"], int(row["answer"]))
    return found
