"""Protocols of training and evaluation. Every reported number of a study names its protocol."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Protocol:
    """One way to train and evaluate a classifier.

    Attributes
    ----------
    words : str
        Short name for titles and the terminal.
    means : str
        What the protocol implies for the numbers.
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
    "given": Protocol("a given model", "judged by one model that was trained elsewhere"),
}

ProtocolName = Literal[tuple(PROTOCOLS)]
