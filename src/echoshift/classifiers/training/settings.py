"""Training settings: the single definition for the configuration, its schema and all records.

Imports neither TensorFlow nor NumPy, because planning the workflow imports this module.
"""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from echoshift.classifiers.backbones.settings import BLOCKS, BackboneSettings


class TrainingSettings(BackboneSettings):
    """How a classifier is trained. The defaults are those of the default study."""

    trained_blocks: Annotated[
        int,
        Field(
            ge=0,
            le=43,
            description="Number of last blocks of the backbone trained after the new layer; 0: frozen backbone.",
        ),
    ] = 0
    epochs: Annotated[
        int, Field(ge=1, le=10_000, description="Maximum number of epochs for the new layer (passes over the images).")
    ] = 60
    batch_size: Annotated[int, Field(ge=1, le=1024, description="Images per step.")] = 16
    learning_rate: Annotated[float, Field(gt=0, le=10, description="Step of the gradient descent (1).")] = 0.005
    momentum: Annotated[float, Field(ge=0, lt=1, description="Momentum of the gradient descent (1).")] = 0.9
    weight_decay: Annotated[
        float,
        Field(
            ge=0,
            le=100,
            description="Weight decay of the new layer: each step subtracts learning_rate * weight_decay of a weight (1).",
        ),
    ] = 10.0
    dropout: Annotated[
        float, Field(ge=0, lt=1, description="Share of the features dropped while training the new layer (1).")
    ] = 0.2
    validation_fraction: Annotated[
        float, Field(gt=0, le=0.5, description="Share of the training patients set aside to decide when to stop (1).")
    ] = 0.2
    patience: Annotated[
        int,
        Field(ge=1, le=10_000, description="Epochs without a lower validation loss before training stops (epochs)."),
    ] = 15
    fine_tuning_epochs: Annotated[
        int,
        Field(
            ge=1,
            le=1000,
            description="Maximum number of epochs for the unfrozen blocks; unused if trained_blocks is 0.",
        ),
    ] = 8
    fine_tuning_rate: Annotated[
        float,
        Field(gt=0, le=10, description="Learning rate for the unfrozen blocks; unused if trained_blocks is 0 (1)."),
    ] = 0.0005
    seed: Annotated[
        int, Field(ge=0, le=2**32 - 1, description="Seed of the validation split, the shuffling and the dropout.")
    ] = 1

    @field_validator("trained_blocks")
    @classmethod
    def _as_many_as_there_are(cls, n_blocks: int, info: ValidationInfo) -> int:
        backbone = info.data.get("backbone")
        if n_blocks > BLOCKS.get(backbone, n_blocks):
            raise ValueError(f"at most {BLOCKS[backbone]} for {backbone}")
        return n_blocks
