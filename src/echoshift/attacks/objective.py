"""Objective of a search: the loss at given settings. Each is queried once, within a budget, and recorded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from echoshift.attacks.settings import Search
from echoshift.classifiers.answers import answer, checked_scores, cross_entropy, logits, margin
from echoshift.errors import EchoShiftError
from echoshift.jobs.asking import Ask
from echoshift.settings import DECIMALS, nearest

Accepts = Callable[[Mapping[str, float]], bool]
"""Whether the picture at these settings counts: whether it keeps the limits of the search's `accept`."""


class BudgetSpent(Exception):
    """The next batch would exceed the query budget. None of it was queried."""


@dataclass(frozen=True)
class Query:
    """One query.

    Attributes
    ----------
    point : tuple of float
        Settings along the search axes.
    answer : int
    scores : tuple of float
    loss : float
    kind : str
        `initial`, `probe`, `step` or `sample`.
    iteration : int
    wrong : bool
        Whether the answer is not the label, by more than the engine's tolerance.
    flipped : bool
        Whether it is the flip that the search looks for: a wrong answer (with a target, that one) on a picture that
        counts.
    """

    point: tuple[float, ...]
    answer: int
    scores: tuple[float, ...]
    loss: float
    kind: str
    iteration: int
    wrong: bool = False
    flipped: bool = False


@dataclass(frozen=True)
class Iteration:
    """A point on the search path.

    Attributes
    ----------
    point, scores : tuple of float
    loss : float
    differences : tuple of float
        Central differences taken there; NaN if none were taken.
    asked : int
        Number of queries that the search needed to come here.
    """

    point: tuple[float, ...]
    scores: tuple[float, ...]
    loss: float
    differences: tuple[float, ...]
    asked: int


@dataclass
class Objective:
    """The loss along the axes of one search, with a record of its queries and iterations.

    Attributes
    ----------
    ask : callable
        Maps a list of settings to scores. Called once per batch.
    label : int or None
        The true class, a number. If None, the first query sets it to its answer. The search raises its cross-entropy, or
        with a target lowers that of the target.
    search : Search
        Axes, fixed settings, budget and target.
    tolerance : float
        Margins of this size may differ between engines: an answer that is wrong by no more does not count as a flip.
    accepts : callable, optional
        Judges the picture of a wrong answer. By default every picture counts.
    prior : sequence of Query
        What another search of the same frame asked and in the same box. A search may start from them.
    queries : list of Query
        All distinct settings queried, in order. The first is the initial one.
    iterations : list of Iteration
        The points on the search path, in order.
    notes : dict
        What a search says about its own work, as JSON values.
    """

    ask: Ask
    label: int | None
    search: Search
    tolerance: float = 0.0
    accepts: Accepts | None = None
    prior: Sequence[Query] = ()
    queries: list[Query] = field(default_factory=list)
    iterations: list[Iteration] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    _known: dict[tuple[float, ...], Query] = field(default_factory=dict)

    def start(self) -> Query:
        """Query the initial settings. An initial image that is misclassified cannot be attacked."""
        first = self.query([[axis.initial for axis in self.search.axes]], "initial", 0)[0]
        if first.answer != self.label:
            shown = logits(first.scores) if len(first.scores) == 2 else first.scores
            found = f"{'logit' if len(shown) == 1 else 'scores'} {', '.join(f'{value:.6g}' for value in shown)}"
            raise EchoShiftError(
                f"initial image: found {found} with label {self.label}, expected a correctly classified image"
            )
        if first.answer == self.search.target:
            raise EchoShiftError(f"initial image: found the target, class {first.answer}, expected another class")
        return first

    def query(self, points: Sequence[Sequence[float]], kind: str, iteration: int) -> list[Query]:
        """Query all points. Those not queried before are sent as one batch.

        Parameters
        ----------
        points : sequence of points
            Settings in the order of the axes. They are clipped to the bounds and rounded, integers to allowed values.
        kind : str
            Purpose of the query: `initial`, `probe`, `step` or `sample`.
        iteration : int

        Raises
        ------
        BudgetSpent
            If the new points would exceed the budget.
        """
        points = [self.within(point) for point in points]
        new = [point for point in dict.fromkeys(points) if point not in self._known]
        if len(self.queries) + len(new) > self.search.max_queries:
            raise BudgetSpent
        if new:
            scores = checked_scores(self.ask([self.settings(point) for point in new]), len(new))
            answers = answer(scores)
            if self.label is None:  # first query: the initial image
                self.label = int(answers[0])
            losses = self._losses(scores)
            for point, said, own, loss in zip(new, answers, scores, losses, strict=True):
                flags = self._judge(point, int(said), own)
                query = Query(point, int(said), tuple(own.tolist()), float(loss), kind, iteration, *flags)
                self._known[point] = query
                self.queries.append(query)
        return [self._known[point] for point in points]

    def _judge(self, point: tuple[float, ...], said: int, scores: np.ndarray) -> tuple[bool, bool]:
        """Whether an answer is wrong, and whether it is the flip that the search looks for."""
        if said == self.label or margin(scores, self.label) > -self.tolerance:
            return False, False
        target = self.search.target
        is_aimed_at = target is None or (said == target and margin(scores, target) >= self.tolerance)
        return True, bool(is_aimed_at and (self.accepts is None or self.accepts(self.settings(point))))

    def _losses(self, scores: np.ndarray) -> np.ndarray:
        """What the search raises: the cross-entropy of the label, or minus that of the target."""
        for role, label in (("label", self.label), ("target", self.search.target)):
            if label is not None and label >= scores.shape[1]:
                raise EchoShiftError(
                    f"{role}: found {label}, expected 0 to {scores.shape[1] - 1} as the classifier answers"
                )
        if self.search.target is None:
            return cross_entropy(scores, self.label)
        return -cross_entropy(scores, self.search.target)

    def margin(self, query: Query) -> float:
        """What a search on margins lowers: that of the label, or minus that of the target. Below 0 at a flip alone.

        Of a wrong answer that does not count, the size: its lowest values then lie along the border of wrong answers,
        where pictures are most similar to the initial one.
        """
        target, scores = self.search.target, np.array(query.scores)
        value = float(margin(scores, self.label) if target is None else -margin(scores, target))
        return value if query.flipped else abs(value)

    def stand(self, at: Query, differences: Sequence[float] | None = None) -> None:
        """Record a point on the search path, with the differences taken there."""
        if differences is None:
            differences = [np.nan] * len(self.search.axes)
        differences = tuple(float(value) for value in differences)
        # A probe was asked before the search knew that it would come here.
        asked = len(self.queries) if at.kind == "probe" else self.queries.index(at) + 1
        self.iterations.append(Iteration(at.point, at.scores, at.loss, differences, asked))

    def stand_on_best(self, at: Query) -> bool:
        """Stand on a query with a higher loss than the point stood on, or on a flip. Returns whether the search is over.

        The path ends at the first flip, also of a search that goes on.
        """
        # With more than two classes, the answer may change at a lower loss than the highest so far.
        if not self.has_arrived and (at.flipped or at.loss > self.iterations[-1].loss):
            self.stand(at)
        return at.flipped and self.search.stop

    @property
    def has_arrived(self) -> bool:
        """Whether the point stood on is a flip."""
        return bool(self.iterations) and self._known[self.iterations[-1].point].flipped

    def within(self, point: Sequence[float]) -> tuple[float, ...]:
        """The nearest allowed point inside the bounds, rounded."""
        axes = self.search.axes
        return tuple(
            round(nearest(axis.kind, float(min(max(value, axis.low), axis.high))), DECIMALS)
            for value, axis in zip(point, axes, strict=True)
        )

    def settings(self, point: Sequence[float]) -> dict[str, float]:
        """All settings of the chain at a point on the search axes."""
        names = [axis.name for axis in self.search.axes]
        return {**self.search.fixed, **dict(zip(names, point, strict=True))}
