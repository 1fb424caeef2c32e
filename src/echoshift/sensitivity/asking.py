"""The classifier's answers about one frame: slices through the box and a sample of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from echoshift.classifiers.answers import answer, log_odds
from echoshift.jobs.asking import Ask, ask_in_batches, is_another, label_or_first
from echoshift.sensitivity.indices import first_and_total, sample
from echoshift.sensitivity.settings import Design
from echoshift.sensitivity.slices import Slice, points_of_slice, values_of_slices


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers about one frame. The first query has the initial settings.

    Attributes
    ----------
    label : int
        The true class, or the initial answer if it is unknown.
    points : ndarray of float64, (query, parameter)
        Distinct settings, in the order of asking.
    scores : ndarray of float64, (query, class)
    wrong : ndarray of bool, (query,)
        Whether the answer is not the label, by more than the engine's tolerance.
    kinds : list of str, (query,)
        Why it was asked first: `initial`, `sweep`, `map` or `sample`.
    slices : sequence of Slice
        Sweeps, then maps.
    first, total : ndarray of float64, (class, parameter)
        Sobol indices of the log-odds of each class; NaN if they do not vary.
    tolerance : float
    """

    label: int
    points: np.ndarray
    scores: np.ndarray
    wrong: np.ndarray
    kinds: list[str]
    slices: Sequence[Slice]
    first: np.ndarray
    total: np.ndarray
    tolerance: float

    @property
    def initial_answer(self) -> int:
        """The answer at the initial settings."""
        return int(answer(self.scores[0]))


def ask_design(
    ask: Ask, label: int | None, design: Design, tolerance: float = 0.0, known: Sequence[Slice] = ()
) -> Answers:
    """Ask about slices through the box and a sample of it.

    Parameters
    ----------
    ask : callable
        Maps a list of settings to scores (query, class). Each setting is asked once.
    label : int or None
        Number of the true class; None if unknown.
    design : Design
    tolerance : float
        Margins of this size may differ between engines: an answer that is wrong by no more does not count as wrong.
    known : sequence of Slice
        All slices, if they need not be asked, see `echoshift.sensitivity.field`.
    """
    cuts = [] if known else values_of_slices(design)
    purposes = {tuple(axis.initial for axis in design.axes): "initial"}
    for names, values in cuts:
        kind = "sweep" if len(names) == 1 else "map"
        for point in points_of_slice(design.axes, names, values):
            purposes.setdefault(point, kind)
    drawn = sample(design)
    for point in map(tuple, drawn.reshape(-1, len(design.axes)).tolist()):
        purposes.setdefault(point, "sample")
    points = list(purposes)
    scores = ask_in_batches(ask, [axis.name for axis in design.axes], design.fixed, points)
    place = {point: i for i, point in enumerate(points)}

    def at(some: Sequence[Sequence[float]]) -> np.ndarray:
        return scores[[place[tuple(point)] for point in some]]

    label = label_or_first(label, scores)
    slices = known or [
        Slice(names, values, at(points_of_slice(design.axes, names, values)).reshape(*map(len, values), -1))
        for names, values in cuts
    ]
    of_sample = at(drawn.reshape(-1, len(design.axes)).tolist()).reshape(*drawn.shape[:2], -1)
    wrong = is_another(scores, label, tolerance)
    indices = first_and_total(log_odds(of_sample))
    return Answers(label, np.array(points), scores, wrong, list(purposes.values()), slices, *indices, tolerance)
