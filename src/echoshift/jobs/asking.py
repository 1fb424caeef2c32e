"""Asking a classifier about settings of one frame, without a search."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from echoshift.classifiers.answers import answer, checked_scores, margin
from echoshift.errors import EchoShiftError

Ask = Callable[[Sequence[Mapping[str, float]]], np.ndarray]
"""Maps settings to scores, float64 (query, class): `render_many` of a plan followed by `scores` of a predictor."""

AT_ONCE = 16
"""Pictures that are reconstructed and asked together, so that memory does not grow with the number of questions."""


def ask_in_batches(
    ask: Ask, names: Sequence[str], fixed: Mapping[str, float], points: Sequence[tuple[float, ...]]
) -> np.ndarray:
    """Scores, float64 (query, class), of distinct points of the settings `names`, with the `fixed` values of others."""
    found = []
    for start in range(0, len(points), AT_ONCE):
        some = points[start : start + AT_ONCE]
        found.append(checked_scores(ask(settings_at(names, fixed, some)), len(some)))
    return np.concatenate(found)


def settings_at(
    names: Sequence[str], fixed: Mapping[str, float], points: Iterable[Sequence[float]]
) -> list[dict[str, float]]:
    """All settings at each point of the settings `names`."""
    return [{**fixed, **dict(zip(names, map(float, point), strict=True))} for point in points]


def label_or_first(label: int | None, scores: np.ndarray) -> int:
    """The label; of a frame without one, the answer of the first query. `scores` is (query, class).

    Raises
    ------
    EchoShiftError
        If the classifier has no class of this number.
    """
    if label is None:
        return int(answer(scores[0]))
    if label >= scores.shape[1]:
        raise EchoShiftError(f"label: found {label}, expected 0 to {scores.shape[1] - 1} as the classifier answers")
    return label


def is_another(scores: np.ndarray, label: int, tolerance: float) -> np.ndarray:
    """Whether the answer is not the label, by more than the engine's tolerance: bool (query,)."""
    return (margin(scores, label) <= -tolerance) & (answer(scores) != label)  # of equal scores, the answer decides
