"""Average: the scores are the mean over fixed re-windowed versions of a picture."""

from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from echoshift.classifiers.defences.settings import DefenceSettings

if TYPE_CHECKING:
    import numpy as np

GOLDEN = (5**0.5 - 1) / 2


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
    """Versions of a picture, uint8 (version, z, x), from uint8 (z, x). Black stays black: nobody knows its level."""
    return _curves(settings.versions, settings.reach)[:, image]


@lru_cache(maxsize=4)
def _curves(n: int, reach: float) -> "np.ndarray":
    """Grey level in each version, uint8 (version, 256): ends of the window at the points of a golden-ratio lattice."""
    import numpy as np

    i = np.arange(n)[:, None]
    low = reach * (2 * ((0.5 + i / n) % 1) - 1)
    high = 1 + reach * (2 * ((0.5 + i * GOLDEN) % 1) - 1)
    curves = np.clip(np.floor(255 * (np.arange(256) / 255 - low) / (high - low) + 0.5), 0, 255).astype(np.uint8)
    curves[:, 0] = 0
    return curves
