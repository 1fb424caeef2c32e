"""Settings of a given model's input and output.

Imports no NumPy, because planning the workflow imports this module.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from echoshift.validation import Finite, Strict

Pixels = Annotated[int, Field(ge=1, le=4096)]
PerChannel = Finite | tuple[Finite, Finite, Finite]
"""One number for all channels, or one for each of three."""


class Numbers(Strict):
    """Conversion of a grey level from 0 to 255 to a number of the input: x = (grey * scale - mean) / std."""

    scale: Finite = Field(1.0, description="factor of the grey level (1)")
    mean: PerChannel = Field(0.0, description="subtracted after scaling (1)")
    std: PerChannel = Field(1.0, description="divisor (1)")

    @field_validator("std")
    @classmethod
    def _divides(cls, std: PerChannel) -> PerChannel:
        if 0 in (std if isinstance(std, tuple) else (std,)):
            raise ValueError("divisors other than 0")
        return std


PRESETS = {
    "0..255": Numbers(),
    "0..1": Numbers(scale=1 / 255),
    "-1..1": Numbers(scale=1 / 127.5, mean=1.0),
    "imagenet": Numbers(scale=1 / 255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
}


def _of_preset(numbers: Any) -> Any:
    if not isinstance(numbers, str):
        return numbers
    if numbers not in PRESETS:
        raise ValueError(f"one of {', '.join(PRESETS)}, or scale, mean and std")
    return PRESETS[numbers]


AnyNumbers = Annotated[Numbers, BeforeValidator(_of_preset, json_schema_input_type=Literal[tuple(PRESETS)] | Numbers)]


class InputSettings(Strict):
    """How a picture becomes the input of a model. What the model's file says itself may be left out."""

    size: tuple[Pixels, Pixels] | None = Field(None, description="rows, columns; if left out, those in the file")
    channels: Literal[1, 3] | None = Field(None, description="equal channels; if left out, the number in the file")
    layout: Literal["nhwc", "nchw"] | None = Field(
        None, description="order of the axes; if left out, that of the file: the axis of 1 or 3 holds the channels"
    )
    fit: Literal["pad", "stretch", "crop"] = Field(
        "pad",
        description="pad: black margins make the picture a square (or the input's shape); stretch: both sides are "
        "resized on their own; crop: the shorter side is resized to `resize`, then the centre is cut out",
    )
    resize: Pixels | None = Field(None, description="crop only: length of the shorter side; default: just enough")
    interpolation: Literal["area", "bilinear", "bilinear_antialias"] = Field(
        "area",
        description="area: OpenCV's mean over areas, bilinear where it enlarges; bilinear: OpenCV's, without smoothing; "
        "bilinear_antialias: Pillow's, as torchvision uses it",
    )
    round: bool | None = Field(
        None, description="round to whole grey levels; default: with bilinear_antialias only, as Pillow does"
    )
    numbers: AnyNumbers = Field(
        description="what a grey level becomes: 0..255, 0..1, -1..1, imagenet, or scale, mean and std"
    )

    @model_validator(mode="after")
    def _consistent(self) -> "InputSettings":
        if self.resize is not None:
            if self.fit != "crop":
                raise ValueError("resize with fit: crop only")
            if self.size and self.resize < max(self.size):
                raise ValueError(f"resize of at least {max(self.size)}, the longer side of size")
        if self.channels == 1 and any(isinstance(one, tuple) for one in (self.numbers.mean, self.numbers.std)):
            raise ValueError("three means and deviations with channels: 3 only")
        return self

    @property
    def rounded(self) -> bool:
        """Whether the fitted picture is rounded to whole grey levels."""
        return self.interpolation == "bilinear_antialias" if self.round is None else self.round


class OutputSettings(Strict):
    """What the numbers of a model mean."""

    gives: Literal["logits", "probabilities", "score"] = Field(
        description="logits; probabilities (softmax or sigmoid); score: one number compared with `threshold`"
    )
    name: str | None = Field(None, description="name of the output, if the model has several")
    classes: tuple[str, ...] | None = Field(
        None,
        min_length=2,
        description="the study's class names in the order of the outputs; the probabilities of a repeated name are added",
    )
    positive: str | None = Field(None, description="a single number: the class that a high value means")
    threshold: Finite | None = Field(None, description="score only: `positive` from this value on")
    cutoff: float = Field(
        0.5, gt=0, lt=1, description="two classes only: probability from which the second one is said"
    )

    @model_validator(mode="after")
    def _understood(self) -> "OutputSettings":
        if (self.classes is None) == (self.positive is None):
            raise ValueError(
                "either classes (the outputs in their order) or positive (the class that a high value of the only "
                "output means)"
            )
        if self.gives == "score":
            if self.positive is None or self.threshold is None:
                raise ValueError("positive and threshold with gives: score")
            if self.cutoff != 0.5:
                raise ValueError("threshold instead of cutoff with gives: score")
        elif self.threshold is not None:
            raise ValueError("threshold with gives: score only")
        return self

    def check_classes(self, classes: tuple[str, ...]) -> str | None:
        """What is wrong with the classes for a study with these names: field, found and expected; None if nothing."""
        names = ", ".join(classes)
        for field, found in (("classes", self.classes or ()), ("positive", (self.positive,) if self.positive else ())):
            if unknown := [name for name in found if name not in classes]:
                return f"{field}: found {unknown[0]!r}, expected classes of the study: {names}"
        if self.classes and (missing := [name for name in classes if name not in self.classes]):
            return f"classes: found no output for {missing[0]!r}, expected each class of the study: {names}"
        if len(classes) != 2 and (self.positive or self.cutoff != 0.5):
            field = "positive" if self.positive else "cutoff"
            return f"{field}: found it with {len(classes)} classes, expected it with two only"
        return None


class Interface(Strict):
    """How a model is asked and understood in one study. Stored in its folder as `interface.json`.

    Attributes
    ----------
    input : InputSettings or None
        None: a function that gets the pictures as they are.
    output : OutputSettings
    classes : tuple of str
        Names of the study's classes, in their order.
    """

    input: InputSettings | None
    output: OutputSettings
    classes: tuple[str, ...]
