"""One frame's attack: plan and predictor joined, and the search run."""

from importlib import import_module

from echoshift.attacks.objective import Ask, Objective
from echoshift.attacks.searches import SEARCHES
from echoshift.attacks.settings import Search
from echoshift.classifiers.predictors import Predicts
from echoshift.reconstruction.plan import ReconstructionPlan


def asker(plan: ReconstructionPlan, predictor: Predicts) -> Ask:
    """Join a plan and a predictor: from a batch of settings to scores."""
    return lambda settings: predictor.scores(plan.render_many(settings))


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
    outcome = import_module(SEARCHES[search.method]).search(objective)
    return outcome, objective
