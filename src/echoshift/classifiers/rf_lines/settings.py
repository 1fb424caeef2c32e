"""Settings of a classifier of RF lines: the single definition for the configuration, its schema and all records.

Imports neither TensorFlow nor NumPy, because planning the workflow imports this module.
"""

from pydantic import Field, model_validator

from echoshift.validation import Strict


class PieceSettings(Strict):
    """Which pieces of a recording's lines the network sees."""

    samples: int = Field(
        1024, ge=128, le=16_384, description="samples of a piece; recordings with shorter lines are refused"
    )
    step: int = Field(
        256, ge=1, le=16_384, description="samples from the beginning of a piece to that of the next on the same line"
    )
    line_step: int = Field(4, ge=1, le=1024, description="every so many lines, one is used")
    compensation: float = Field(
        0.7,
        ge=0,
        le=3,
        allow_inf_nan=False,
        description="attenuation that is compensated along each piece, from its first sample on, the same for all recordings "
        "(dB/(cm MHz))",
    )


class LinesTraining(PieceSettings):
    """How a classifier of RF lines is made."""

    epochs: int = Field(40, ge=1, le=10_000, description="most epochs, each of new pieces at random places")
    pieces: int = Field(64, ge=1, le=10_000, description="pieces of each frame in an epoch")
    batch_size: int = Field(64, ge=1, le=4096, description="pieces per step")
    learning_rate: float = Field(0.003, gt=0, le=1, description="learning rate of Adam (1)")
    weight_decay: float = Field(0.05, ge=0, le=10, description="weight decay (1)")
    dropout: float = Field(0.3, ge=0, lt=1, description="share of the last features dropped while training (1)")
    validation_fraction: float = Field(
        0.2, gt=0, le=0.5, description="share of the training patients set aside to decide when to stop (1)"
    )
    patience: int = Field(
        10, ge=1, le=10_000, description="epochs without a lower validation loss before training stops (epochs)"
    )
    seed: int = Field(
        1, ge=0, le=2**32 - 1, description="seed of the validation split, the pieces, the weights and the dropout"
    )

    @model_validator(mode="after")
    def _overlapping(self) -> "LinesTraining":
        if self.step > self.samples:
            raise ValueError("step of at most samples, so that no part of a line is left out")
        return self
