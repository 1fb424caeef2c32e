"""Canonical pictures: at each depth, grey levels inside the sector get the same mean and the same deviation."""

from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from echoshift.classifiers.defences.settings import DefenceSettings

if TYPE_CHECKING:
    import numpy as np

BINS, WIDTH = 64, 2.0
"""Profiles over depth are smoothed by a Gaussian of 2 of 64 parts of the sector's depth (standard deviation)."""
GREYS = 256


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
    import numpy as np

    from echoshift.classifiers.defences.outline import depth_in_pixels

    depths = depth_in_pixels(image)
    inside = depths >= 0
    canonical = np.zeros_like(image)
    if inside.any():
        pixels = depths[inside] * GREYS + image[inside]
        counts = np.bincount(pixels, minlength=GREYS * (int(depths.max()) + 1)).reshape(-1, GREYS)
        canonical[inside] = _curves(counts.astype(np.float64), settings).take(pixels)
    return canonical[None]


def _curves(counts: "np.ndarray", settings: CanonicalSettings) -> "np.ndarray":
    """New grey level of each depth and grey level, uint8 (depth, 256), from the number of pixels that have them.

    The mean at a depth is the value there of the straight line that fits the grey levels around it best. So a change of
    grey that is linear in depth, such as beta's, is removed without a remainder, at both ends of the sector too.
    """
    import numpy as np

    greys, (near, places) = np.arange(GREYS, dtype=np.float64), _near(len(counts))
    of_depth, sums = counts.sum(axis=1), counts @ greys
    n, at, square = (near @ (of_depth * places**power) for power in range(3))
    level, slope = (near @ (sums * places**power) for power in range(2))
    spread = n * square - at**2
    is_line = spread > 1e-9 * n**2  # otherwise all pixels nearby have one depth
    line = square * level - at * slope + places * (n * slope - at * level)
    means = np.where(is_line, line / np.where(is_line, spread, 1.0), level / n)
    away = greys - means[:, None]
    deviations = np.sqrt(near @ (counts * away**2).sum(axis=1) / n)
    curves = settings.mean + settings.deviation * away / np.maximum(deviations, settings.least)[:, None]
    return np.clip(np.rint(curves), 0, GREYS - 1).astype(np.uint8)


@lru_cache(maxsize=16)
def _near(n_depths: int) -> "tuple[np.ndarray, np.ndarray]":
    """Weights of the depths around each depth, (depth, depth), and the places of the depths from 0 to 1, (depth,)."""
    import numpy as np

    places = np.arange(n_depths, dtype=np.float64) / n_depths
    steps = (places[:, None] - places) * BINS / WIDTH
    return np.exp(-(steps**2) / 2), places
