"""The classifier's answers at drawn settings of one frame."""

from dataclasses import dataclass

import numpy as np

from echoshift.accidental.drawing import draw
from echoshift.accidental.settings import Draws
from echoshift.classifiers.answers import answer
from echoshift.jobs.asking import Ask, ask_in_batches, is_another, label_or_first


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
    distinct = list(dict.fromkeys(points))
    found = ask_in_batches(ask, [axis.name for axis in draws.axes], draws.fixed, distinct)
    place = {point: i for i, point in enumerate(distinct)}
    scores = found[[place[point] for point in points]]
    label = label_or_first(label, scores)
    wrong, changed = (is_another(scores, one, tolerance) for one in (label, int(answer(scores[0]))))
    return Answers(label, np.array(points), scores, wrong, changed, tolerance)
