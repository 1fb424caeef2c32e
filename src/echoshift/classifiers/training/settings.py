"""Training settings: the single definition for the configuration, its schema and all records.

Imports neither TensorFlow nor NumPy, because planning the workflow imports this module.
"""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator

from echoshift.classifiers.backbones.settings import BackboneSettings
from echoshift.classifiers.backbones.table import NETWORKS
from echoshift.validation import Strict


class StatedSensitivity(Strict):
    """The highest cut-off with at least a stated sensitivity on the validation patients."""

    sensitivity: float = Field(gt=0, le=1, description="share of positive patients that are found (1)")


def _form(cutoff: Any) -> str:
    if isinstance(cutoff, str):
        return "rule"
    return "sensitivity" if isinstance(cutoff, dict | StatedSensitivity) else "probability"


AnyCutoff = Annotated[
    Annotated[float, Field(gt=0, lt=1), Tag("probability")]
    | Annotated[Literal["youden"], Tag("rule")]
    | Annotated[StatedSensitivity, Tag("sensitivity")],
    Discriminator(_form),
]
"""How a cut-off is chosen: a probability, or a rule for the validation patients."""
NO_CUTOFF = 0.5
"""The probability at which the logit is 0."""


class TrainingSettings(BackboneSettings):
    """How a classifier is trained. The defaults are those of the default study."""

    trained_blocks: Annotated[int, Field(ge=0)] | Literal["all"] = Field(
        0,
        description="Number of last blocks of the backbone trained after the new layer; 0: frozen backbone; `all`: the "
        "whole backbone. Blocks of EfficientNet-Lite and InceptionResNetV2 are those of their papers; a block of any "
        "other backbone is a layer with weights. Batch normalisation stays frozen.",
    )
    epochs: int = Field(
        60, ge=1, le=10_000, description="Maximum number of epochs for the new layer (passes over the images)."
    )
    batch_size: int = Field(16, ge=1, le=1024, description="Images per step, each with all its copies (`augment`).")
    learning_rate: float = Field(0.005, gt=0, le=10, description="Step of the gradient descent (1).")
    momentum: float = Field(0.9, ge=0, lt=1, description="Momentum of the gradient descent (1).")
    weight_decay: float = Field(
        10.0,
        ge=0,
        le=100,
        description="Weight decay of the new layer: each step subtracts learning_rate * weight_decay of a weight (1).",
    )
    dropout: float = Field(
        0.2, ge=0, lt=1, description="Share of the features dropped while training the new layer (1)."
    )
    validation_fraction: float = Field(
        0.2, gt=0, le=0.5, description="Share of the training patients set aside to decide when to stop (1)."
    )
    patience: int = Field(
        15, ge=1, le=10_000, description="Epochs without a lower validation loss before training stops (epochs)."
    )
    fine_tuning_epochs: int = Field(
        8,
        ge=1,
        le=1000,
        description="Maximum number of epochs for the unfrozen blocks; unused if trained_blocks is 0.",
    )
    fine_tuning_rate: float = Field(
        0.0005, gt=0, le=10, description="Learning rate for the unfrozen blocks; unused if trained_blocks is 0 (1)."
    )
    cutoff: AnyCutoff = Field(
        NO_CUTOFF,
        description="Two classes only: probability from which the answer is the positive class. `youden` (highest sensitivity "
        "plus specificity) or `sensitivity: S` (highest cut-off with at least this sensitivity) chooses it on the validation "
        "patients, who are among the training patients.",
    )
    seed: int = Field(1, ge=0, le=2**32 - 1, description="Seed of the validation split, the shuffling and the dropout.")

    @field_validator("trained_blocks")
    @classmethod
    def _as_many_as_there_are(cls, n_blocks: int | str, info: ValidationInfo) -> int | str:
        backbone = info.data.get("backbone")
        most = NETWORKS[backbone].blocks if backbone else None
        if most and n_blocks != "all" and n_blocks > most:
            raise ValueError(f"at most {most} for {backbone}")
        return n_blocks
