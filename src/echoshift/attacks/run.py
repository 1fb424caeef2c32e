"""One frame's attack: plan and predictor joined, and the search run."""

from importlib import import_module
from typing import Any, Protocol

import numpy as np

from echoshift.attacks.objective import Ask, Objective
from echoshift.attacks.settings import METHODS, Search
from echoshift.reconstruction.plan import ReconstructionPlan


class Predicts(Protocol):
    """What answers an attack's questions."""

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Logits of the positive class, float64 (image,), of uint8 images (image, z, x)."""


class KnownModel(Predicts, Protocol):
    """A predictor that says which trained model it asks and on what.

    Attributes
    ----------
    digest : str
        Of the trained model, as in `digest.txt`.
    packages : tuple of str
        Distributions whose versions decide the answers.
    """

    digest: str
    packages: tuple[str, ...]

    def describe(self) -> dict[str, Any]:
        """What decides the last bits of an answer, as the engine reports it."""


def asker(plan: ReconstructionPlan, predictor: Predicts) -> Ask:
    """Join a plan and a predictor: from a batch of settings to logits."""
    return lambda settings: predictor.logits(plan.render_many(settings))


def run_search(ask: Ask, label: int | None, search: Search) -> tuple[str, Objective]:
    """Run one search; its method's module is imported by name.

    Without a label the answer to the initial image takes its place: how far to a changed answer, whichever it is?

    Returns
    -------
    outcome : str
        `flipped`, `at_bounds`, `stalled` or `exhausted`.
    objective : Objective
        With its ledger.
    """
    objective = Objective(ask, label, search)
    outcome = import_module(METHODS[search.method]).search(objective)
    return outcome, objective
