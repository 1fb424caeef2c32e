"""How a classifier is trained and judged: every number of a study is named with one of these."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Protocol:
    """One way to train and judge.

    Attributes
    ----------
    words : str
        In few words, for titles and the terminal.
    means : str
        What follows from it for the numbers.
    """

    words: str
    means: str


PROTOCOLS = {
    "cross_validation": Protocol(
        "cross-validated by patient", "each frame judged by the model that never saw its patient"
    ),
    "train_once": Protocol(
        "trained once on both cohorts (optimistic)", "judged on the frames that the model was trained with: optimistic"
    ),
    "first_cohort": Protocol(
        "trained on the first cohort alone", "judged by one model that was trained on other patients' images alone"
    ),
}

ProtocolName = Literal[tuple(PROTOCOLS)]
