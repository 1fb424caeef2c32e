"""The classifier's answers at drawn settings of one frame."""

from dataclasses import dataclass

import numpy as np

from echoshift.accidental.drawing import draw
from echoshift.accidental.settings import Draws
from echoshift.attacks.objective import Ask
from echoshift.classifiers.answers import answer, checked_scores, margin
from echoshift.errors import EchoShiftError

AT_ONCE = 16
"""Pictures that are reconstructed and asked together, so that memory does not grow with the number of draws."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers for one frame. The first query has the initial settings, the others are the draws in order.

    Attributes
    ----------
    label : int
        The true class, or the initial answer if it is unknown.
    points : ndarray of float64, (query, parameter)
    scores : ndarray of float64, (query, class)
    wrong : ndarray of bool, (query,)
        Whether the answer is not the label, by more than the engine's tolerance.
    changed : ndarray of bool, (query,)
        Whether the answer is not the initial one, by more than the engine's tolerance.
    tolerance : float
    """

    label: int
    points: np.ndarray
    scores: np.ndarray
    wrong: np.ndarray
    changed: np.ndarray
    tolerance: float

    @property
    def initial_answer(self) -> int:
        """The answer at the initial settings."""
        return int(answer(self.scores[0]))


def ask_draws(ask: Ask, label: int | None, draws: Draws, tolerance: float = 0.0) -> Answers:
    """Draw settings around the initial ones and ask about each.

    Parameters
    ----------
    ask : callable
        Maps a list of settings to scores (query, class). Settings that were drawn several times are asked once.
    label : int or None
        Number of the true class; None if unknown.
    draws : Draws
    tolerance : float
        Margins of this size may differ between engines: an answer that differs by no more does not count as another.
    """
    points = [tuple(axis.initial for axis in draws.axes), *draw(draws)]
    names = [axis.name for axis in draws.axes]
    distinct, known = list(dict.fromkeys(points)), {}
    for start in range(0, len(distinct), AT_ONCE):
        some = distinct[start : start + AT_ONCE]
        settings = [{**draws.fixed, **dict(zip(names, point, strict=True))} for point in some]
        known |= zip(some, checked_scores(ask(settings), len(some)), strict=True)
    scores = np.array([known[point] for point in points])
    first = int(answer(scores[0]))
    label = first if label is None else label
    if label >= scores.shape[1]:
        raise EchoShiftError(f"label: found {label}, expected 0 to {scores.shape[1] - 1} as the classifier answers")
    wrong, changed = (margin(scores, one) <= -tolerance for one in (label, first))
    is_other = answer(scores)[:, None] != [label, first]  # of equal scores, the answer decides
    return Answers(label, np.array(points), scores, wrong & is_other[:, 0], changed & is_other[:, 1], tolerance)
