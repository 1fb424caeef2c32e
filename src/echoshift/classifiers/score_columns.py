"""Scores of one picture as cells of a table: the logit for two classes, else the score of each class."""

from collections.abc import Mapping, Sequence
from typing import Any

from echoshift.classifiers.answers import logits, probabilities


def score_columns(n_classes: int) -> tuple[str, ...]:
    """Names of the columns.

    Two classes have `logit` and `probability`, both of the positive class. More have `score_K` and `probability_K` for
    each class, whose number K is its place in the configuration's `classes`, from 0.
    """
    if n_classes == 2:
        return ("logit", "probability")
    return tuple(f"{name}_{label}" for name in ("score", "probability") for label in range(n_classes))


def score_cells(scores: Sequence[float], with_probabilities: bool = True) -> dict[str, Any]:
    """Values of the columns, from scores (class,). Without probabilities their cells are empty."""
    n_classes = len(scores)
    shown = logits(scores) if n_classes == 2 else scores
    chances = probabilities(scores)[-len(shown) :] if with_probabilities else [None] * len(shown)
    values = (None if value is None else float(value) for value in (*shown, *chances))
    return dict(zip(score_columns(n_classes), values, strict=True))


def scores_of_cells(row: Mapping[str, str]) -> tuple[float, ...]:
    """Scores (class,) from the cells of a row. Raises ValueError if they are no numbers."""
    if "logit" in row:
        return (0.0, float(row["logit"]))
    names = [name for name in row if name.startswith("score_")]
    return tuple(float(row[f"score_{label}"]) for label in range(len(names)))
