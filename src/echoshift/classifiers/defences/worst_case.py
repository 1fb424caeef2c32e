"""Worst case: in rounds, the weight of each recording goes to its copies with the highest loss."""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from echoshift.classifiers.defences.settings import DefenceSettings

if TYPE_CHECKING:
    import numpy as np


class WorstCaseSettings(DefenceSettings):
    """The new layer is fitted to the copies of each recording by how often they had its highest loss."""

    needs: ClassVar = ("augment",)

    defence: Literal["worst_case"]
    rounds: int = Field(
        8, ge=1, le=100, description="fits of the new layer, after the training in which all copies weigh the same"
    )


Settings = WorstCaseSettings


def weights_of_copies(worst: "list[np.ndarray]", n_copies: int) -> "np.ndarray":
    """Weights of the copies, float64 (item, copy), with mean 1 for each item.

    Each round gives one unit to the copy of each item that was worst, and the first round one to all copies together: the
    mean of the best answers of an opponent who picks the copy (fictitious play).

    Parameters
    ----------
    worst : list of ndarray of int, (item,)
        The copy with the highest loss in each round.
    n_copies : int
    """
    import numpy as np

    weights = np.full((len(worst[0]), n_copies), 1 / n_copies)
    for copy in worst:
        weights[np.arange(len(copy)), copy] += 1
    return weights * n_copies / (1 + len(worst))
