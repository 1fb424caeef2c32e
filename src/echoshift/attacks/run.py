"""One frame's attack from cached reconstruction to trajectory and record."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from echoshift.attacks.objective import Ask, Objective
from echoshift.attacks.settings import METHODS, Search
from echoshift.reconstruction.plan import ReconstructionPlan

TRAJECTORY = "trajectory.zarr"
RECORD = "record.json"


class Predicts(Protocol):
    """What answers an attack's questions."""

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Logits of fatty liver, float64 (image,), of uint8 images (image, z, x)."""


def asker(plan: ReconstructionPlan, predictor: Predicts) -> Ask:
    """Join a plan and a predictor: from a batch of settings to logits."""
    return lambda settings: predictor.logits(plan.render_many(settings))


def run_search(ask: Ask, label: int, search: Search) -> tuple[str, Objective]:
    """Run one search; its method's module is imported by name.

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


def path_ends(objective: Objective) -> tuple[dict[str, float], dict[str, float]]:
    """All settings of the chain at the first and at the last point of the search's path."""
    return objective.settings(objective.iterations[0].point), objective.settings(objective.iterations[-1].point)


def record_of(outcome: str, objective: Objective, about: Mapping[str, Any]) -> dict[str, Any]:
    """The small record that the summary reads: identity, outcome and both ends of the path."""
    from echoshift.trajectory import bounds_touched

    first, last = objective.iterations[0], objective.iterations[-1]
    wrong = [i for i, query in enumerate(objective.queries, start=1) if objective.is_flipped(query)]
    initial, final = path_ends(objective)
    return {
        **about,
        "search": objective.search.model_dump(mode="json"),
        "outcome": outcome,
        "queries": len(objective.queries),
        "iterations": len(objective.iterations) - 1,
        "first_misclassified_query": wrong[0] if wrong else None,
        "bounds_touched": bounds_touched(objective),
        "initial_settings": initial,
        "final_settings": final,
        "initial_logit": first.logit,
        "final_logit": last.logit,
    }


def write_result(
    folder: str | Path, outcome: str, objective: Objective, plan: ReconstructionPlan, about: Mapping[str, Any]
) -> None:
    """Write `trajectory.zarr` and `record.json` into a new folder, whole or not at all."""
    import json

    from echoshift.files import write_json, written_whole
    from echoshift.stores import write_dataset
    from echoshift.trajectory import trajectory

    record = record_of(outcome, objective, about)
    images = plan.render_many(path_ends(objective))
    attributes = {
        key: value if isinstance(value, str | int | float) else json.dumps(value) for key, value in record.items()
    }
    with written_whole(folder) as draft:
        draft.mkdir()
        dataset = trajectory(objective, plan.z, plan.x, images, attributes)
        write_dataset(dataset, draft / TRAJECTORY)
        write_json(draft / RECORD, record)
