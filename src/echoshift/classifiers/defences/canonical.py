"""Canonical pictures: at each depth, grey levels inside the sector get the same mean and the same deviation."""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from echoshift.classifiers.defences.settings import DefenceSettings

if TYPE_CHECKING:
    import numpy as np


class CanonicalSettings(DefenceSettings):
    """Each depth's grey levels get the same mean and deviation, in training, evaluation and attack alike."""

    of_pictures: ClassVar = True
    in_training: ClassVar = True

    defence: Literal["canonical"]
    mean: float = Field(110.0, ge=1, le=254, description="mean grey level at each depth (1)")
    deviation: float = Field(40.0, ge=1, le=127, description="standard deviation of grey levels at each depth (1)")
    least: float = Field(
        6.0, gt=0, le=127, description="smallest deviation that is stretched to `deviation`: less is taken for this (1)"
    )


Settings = CanonicalSettings


def pictures(image: "np.ndarray", settings: CanonicalSettings) -> "np.ndarray":
    """The canonical picture, uint8 (1, z, x), of a picture, uint8 (z, x). Black outside the sector."""
    from echoshift.classifiers.defences.standardised import standardised

    return standardised(image, settings.mean, settings.deviation, settings.least)[None]
