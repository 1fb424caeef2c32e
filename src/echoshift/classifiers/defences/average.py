"""Average: the scores are the mean over fixed re-windowed versions of a picture."""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from echoshift.classifiers.defences.settings import DefenceSettings

if TYPE_CHECKING:
    import numpy as np


class AverageSettings(DefenceSettings):
    """Scores are the mean over re-windowed versions of the picture."""

    of_pictures: ClassVar = True
    wraps_given: ClassVar = True

    defence: Literal["average"]
    versions: int = Field(8, ge=2, le=256, description="versions, the first of which is the picture itself")
    reach: float = Field(
        0.1,
        gt=0,
        lt=0.5,
        description="largest move of each end of the window, as a share of its width (0.1: 4.5 of 45 dB)",
    )


Settings = AverageSettings


def pictures(image: "np.ndarray", settings: AverageSettings) -> "np.ndarray":
    """Versions of a picture, uint8 (version, z, x), from uint8 (z, x)."""
    from echoshift.classifiers.defences.rewindowed import rewindowed

    return rewindowed(image, settings.versions, settings.reach)
