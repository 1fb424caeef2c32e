"""Settings of a pretrained network: its name, weights and input size.

Imports neither TensorFlow nor NumPy, because planning the workflow imports this module.
"""

import difflib
import hashlib
from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from echoshift.classifiers.backbones.table import NETWORKS
from echoshift.validation import Strict

BackboneName = Literal[tuple(NETWORKS)]


class BackboneSettings(Strict):
    """Settings that determine the features of an image."""

    model_config = ConfigDict(allow_inf_nan=False)

    backbone: BackboneName = Field(
        "efficientnet_lite2",
        description="Pretrained network whose last dense layer is replaced: EfficientNet-Lite, or one of "
        "`keras.applications`.",
    )
    weights: str | None = Field(
        None,
        min_length=1,
        validate_default=True,
        description="Pretrained weights: empty to use the installed package (EfficientNet-Lite); `imagenet` to "
        "download them with Keras, or the path of a local `.h5` file in Keras's layout (all other networks).",
    )
    input_size: int = Field(299, ge=32, le=1024, description="Rows and columns of the network's input (pixels).")

    @field_validator("backbone", mode="before")
    @classmethod
    def _known(cls, name: Any) -> Any:
        if name in NETWORKS:
            return name
        similar = difflib.get_close_matches(str(name), NETWORKS, 1)
        hint = f" (is it {similar[0]}?)" if similar else f", such as {', '.join(list(NETWORKS)[:3])}"
        raise ValueError(f"the name of a pretrained network{hint}")

    @field_validator("weights")
    @classmethod
    def _pretrained(cls, weights: str | None, info: ValidationInfo) -> str | None:
        backbone = info.data.get("backbone")
        if weights == "random":
            raise ValueError("pretrained weights, not random ones")
        if backbone and NETWORKS[backbone].keras and weights is None:
            raise ValueError(f"`imagenet` or the path of a local .h5 file for {backbone}")
        if backbone and not NETWORKS[backbone].keras and weights is not None:
            raise ValueError(f"nothing: {backbone} has the weights of its package")
        return weights

    @field_validator("input_size")
    @classmethod
    def _large_enough(cls, size: int, info: ValidationInfo) -> int:
        backbone = info.data.get("backbone")
        if backbone and size < NETWORKS[backbone].smallest:
            raise ValueError(f"at least {NETWORKS[backbone].smallest} for {backbone}")
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
