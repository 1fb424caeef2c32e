"""Run the search on one frame, with its plan and predictor."""

from importlib import import_module

from echoshift.attacks.objective import Ask, Objective
from echoshift.attacks.searches import SEARCHES
from echoshift.attacks.settings import Search
from echoshift.classifiers.predictors import Predicts
from echoshift.reconstruction.plan import ReconstructionPlan


def asker(plan: ReconstructionPlan, predictor: Predicts) -> Ask:
    """Combine a plan and a predictor into a function from a batch of settings to scores."""
    return lambda settings: predictor.scores(plan.render_many(settings))


def run_search(ask: Ask, label: int | None, search: Search) -> tuple[str, Objective]:
    """Run one search, importing the module of its method by name.

    Without a label, the answer for the initial image is used as the label.

    Returns
    -------
    outcome : str
        `flipped`, `at_bounds`, `stalled` or `exhausted`.
    objective : Objective
        Contains the queries and iterations.
    """
    objective = Objective(ask, label, search)
    outcome = import_module(SEARCHES[search.method]).search(objective)
    return outcome, objective
