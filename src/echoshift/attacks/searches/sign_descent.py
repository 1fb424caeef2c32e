"""The paper's attack (Byra et al. 2020, II.D): each setting moves by its rate along the sign of a central difference."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from echoshift.attacks.axes import Moves
from echoshift.attacks.settings import AttackSettings
from echoshift.settings import PAPER, SettingName

if TYPE_CHECKING:
    import numpy as np

    from echoshift.attacks.objective import Objective, Query


class SignDescentSettings(AttackSettings):
    """The paper's attack: the sign of central differences moves all settings at once."""

    method: Literal["sign_descent"]
    settings: dict[SettingName, Moves] = Field(default_factory=lambda: {name: Moves() for name in PAPER}, min_length=1)


Settings = SignDescentSettings


def search(objective: "Objective") -> str:
    """Raise the loss of the label until the diagnosis flips or the search reaches no new point.

    Each iteration probes every setting at plus and minus its step, with the others unchanged, in one batch. A probe
    beyond a bound is clipped to it, and the difference is divided by the actual distance. All settings then move at
    once. As in the paper, only the point moved to decides about success. Misclassified probes are recorded.

    Parameters
    ----------
    objective : Objective
        Records `probe` and `step` queries, and one `Iteration` for each point visited.

    Returns
    -------
    str
        `flipped`; `at_bounds` if every movable setting was clipped back onto its current bound; `stalled` if the next
        point was visited before (a cycle, or all differences are 0); `exhausted` if the budget does not allow the next
        query.
    """
    import numpy as np

    from echoshift.attacks.objective import BudgetSpent

    axes = objective.search.axes
    rates = np.array([axis.rate for axis in axes])
    movable = np.array([axis.low < axis.high for axis in axes])
    here = objective.start()
    visited = {here.point}
    iteration = 0
    while True:
        try:
            differences = central_differences(objective, here, iteration)
        except BudgetSpent:
            if not objective.has_arrived:
                objective.stand(here)
            return "exhausted"
        if not objective.has_arrived:
            objective.stand(here, differences)
        signs = np.sign(differences)
        there = objective.within(np.array(here.point) + rates * signs)
        if there == here.point and movable.any() and signs[movable].all():
            return "at_bounds"
        if there in visited:
            return "stalled"
        iteration += 1
        try:
            here = objective.query([there], "step", iteration)[0]
        except BudgetSpent:
            return "exhausted"
        visited.add(here.point)
        if here.flipped and not objective.has_arrived:
            objective.stand(here)
            if objective.search.stop:
                return "flipped"


def central_differences(objective: "Objective", here: "Query", iteration: int) -> "np.ndarray":
    """Slope of the loss along each axis, shape (parameter,), in loss per unit of the setting."""
    import numpy as np

    probes = []
    for i, axis in enumerate(objective.search.axes):
        for sign in (1, -1):
            probe = list(here.point)
            probe[i] += sign * axis.step
            probes.append(probe)
    answers = objective.query(probes, "probe", iteration)
    slopes = np.zeros(len(objective.search.axes))
    for i, (above, below) in enumerate(zip(answers[::2], answers[1::2], strict=True)):
        distance = above.point[i] - below.point[i]
        if distance > 0:  # a setting whose bounds coincide has no slope
            slopes[i] = (above.loss - below.loss) / distance
    return slopes
