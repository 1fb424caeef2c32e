"""Features of a picture's texture: first-order statistics, co-occurrences of grey levels, and local binary patterns.

Co-occurrences: Haralick, Shanmugam and Dinstein 1973. Patterns: Ojala, Pietikainen and Maenpaa 2002, uniform and
independent of rotation.
"""

from collections.abc import Mapping
from types import MappingProxyType

import cv2
import numpy as np
from skimage.feature import graycomatrix, graycoprops, local_binary_pattern

from echoshift.classifiers.texture.settings import ORGANS, FeatureSettings
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.grid import PixelGrid, inside_polygon
from echoshift.reconstruction.resize import to_network_input
from echoshift.reconstruction.shown import largest_shown

FIRST_ORDER = ("mean", "deviation", "skewness", "kurtosis", "entropy", "percentile_10", "median", "percentile_90")
PROPERTIES = ("contrast", "dissimilarity", "homogeneity", "energy", "correlation", "entropy")
"""Of a co-occurrence matrix, by the names of scikit-image."""
NO_MASKS: Mapping[str, np.ndarray] = MappingProxyType({})
POINTS = 8
"""Points on the circle of a local binary pattern."""


def feature_names(settings: FeatureSettings) -> tuple[str, ...]:
    """Names of the features, in the order of `texture_features`."""
    pairs = [(distance, angle) for distance in settings.distances for angle in settings.angles]
    names = {
        "first_order": FIRST_ORDER,
        "co_occurrences": [f"{name}_{distance}px_{angle:g}deg" for name in PROPERTIES for distance, angle in pairs],
        "patterns": [f"pattern_{radius}px_{code}" for radius in settings.radii for code in range(POINTS + 2)],
        "ratio": ["log_ratio"],
        "cnr": ["cnr"],
    }
    return tuple(name for chosen in settings.features for name in names[chosen])


def texture_features(
    image: np.ndarray, settings: FeatureSettings, masks: Mapping[str, np.ndarray] = NO_MASKS
) -> np.ndarray:
    """Features of one picture, of a region or of the part that shows echoes.

    Parameters
    ----------
    image : ndarray of uint8, (z, x)
    settings : FeatureSettings
    masks : mapping of str to ndarray of bool, (z, x)
        The regions that the settings need, see `region_masks`.

    Returns
    -------
    ndarray of float64, (feature,)
        Finite for any picture. See `feature_names`.
    """
    if missing := [name for name in settings.regions if name not in masks]:
        raise EchoShiftError(f"regions: found a picture alone, expected one of a frame with the region {missing[0]}")
    small = sized(image, settings.size)
    inside = shown_part(small) if settings.region is None else sized_mask(masks[settings.region], settings.size)
    of_each = {
        "first_order": lambda: first_order(small[inside]),
        "co_occurrences": lambda: co_occurrences(small, inside, settings.levels, settings.distances, settings.angles),
        "patterns": lambda: np.stack([pattern_shares(small, inside, radius) for radius in settings.radii]),
        "ratio": lambda: log_ratio(*(image[masks[name]] for name in ORGANS)),
        "cnr": lambda: contrast_to_noise(*(image[masks[name]] for name in ORGANS)),
    }
    return np.concatenate([np.ravel(of_each[chosen]()) for chosen in settings.features])


def sized(image: np.ndarray, size: int | None) -> np.ndarray:
    """A picture padded and resized as for a network, in whole grey levels; as it is without a size."""
    return image if size is None else np.rint(to_network_input(image, size)).astype(np.uint8)


def sized_mask(mask: np.ndarray, size: int | None) -> np.ndarray:
    """The pixels of the sized picture of which at least half is in a mask."""
    return mask if size is None else to_network_input(mask.astype(np.uint8), size) >= 0.5


def region_masks(
    settings: FeatureSettings, regions: Mapping[str, np.ndarray], grid: PixelGrid
) -> dict[str, np.ndarray]:
    """Pixels of the regions that the features need, bool (z, x), by name.

    Parameters
    ----------
    settings : FeatureSettings
    regions : mapping of str to ndarray, (vertex, 2)
        A recording's polygons (x, z), in metres.
    grid : PixelGrid

    Raises
    ------
    EchoShiftError
        If a region is missing, or has no pixel of the picture or of the sized one.
    """
    masks = {}
    for name in settings.regions:
        if name not in regions:
            found = ", ".join(regions) or "none"
            raise EchoShiftError(f"regions: found {found}, expected {name} (texture.region, the ratio or the cnr)")
        masks[name] = inside_polygon(np.asarray(regions[name]), grid.z, grid.x)
        if not masks[name].any() or (name == settings.region and not sized_mask(masks[name], settings.size).any()):
            raise EchoShiftError(f"regions.{name}: found no pixel in it, expected at least one")
    return masks


def log_ratio(liver: np.ndarray, cortex: np.ndarray) -> float:
    """Logarithm of the ratio of the mean grey levels of some pixels, uint8 (pixel,). Means below 1 count as 1."""
    means = [max(float(levels.mean(dtype=np.float64)), 1.0) for levels in (liver, cortex)]
    return float(np.log(means[0] / means[1]))


def contrast_to_noise(liver: np.ndarray, cortex: np.ndarray) -> float:
    """Contrast-to-noise ratio of some pixels, uint8 (pixel,): the difference of their means by the root of their variances' sum.

    The levels of fully developed speckle have the same deviation in every tissue, 5.6 dB, so this is the difference of the two
    organs in dB but for a factor, whatever the window. It is positive where the liver is brighter. A sum of variances below 1
    counts as 1.
    """
    means, variances = zip(
        *((one.mean(dtype=np.float64), one.var(dtype=np.float64)) for one in (liver, cortex)), strict=True
    )
    return float((means[0] - means[1]) / np.sqrt(max(sum(variances), 1.0)))


def shown_part(image: np.ndarray) -> np.ndarray:
    """The part of a picture that shows echoes, found in the picture alone.

    The largest region that is not black (see `largest_shown`). In each column it reaches from its first to its last pixel, so
    that dark organs and vessels belong to it. Text beside the sector does not.

    Parameters
    ----------
    image : ndarray of uint8, (z, x)

    Returns
    -------
    ndarray of bool, (z, x)
        The whole of a black picture.
    """
    region = largest_shown(image)
    if region is None:
        return np.ones(image.shape, dtype=bool)
    above = np.logical_or.accumulate(region, axis=0)
    below = np.logical_or.accumulate(region[::-1], axis=0)[::-1]
    return above & below


def first_order(levels: np.ndarray) -> np.ndarray:
    """Statistics of some grey levels, uint8 (pixel,): float64, `FIRST_ORDER`.

    Moments divide by the number of pixels. The kurtosis of a normal distribution is 0. Skewness and kurtosis of equal
    levels are 0. The entropy is in bits.
    """
    shares = np.bincount(levels, minlength=256) / levels.size
    grey = np.arange(256)
    mean = float(shares @ grey)
    second, third, fourth = (float(shares @ (grey - mean) ** power) for power in (2, 3, 4))
    deviation = np.sqrt(second)
    skewness, kurtosis = (third / deviation**3, fourth / second**2 - 3) if np.ptp(levels) else (0.0, 0.0)
    some = shares[shares > 0]
    entropy = -float(some @ np.log2(some)) + 0.0
    return np.array([mean, deviation, skewness, kurtosis, entropy, *np.percentile(levels, (10, 50, 90))])


def co_occurrences(
    image: np.ndarray, inside: np.ndarray, levels: int, distances: tuple[int, ...], angles: tuple[float, ...]
) -> np.ndarray:
    """Properties of the symmetric co-occurrence matrices of pairs of pixels that are both inside.

    Parameters
    ----------
    image : ndarray of uint8, (z, x)
    inside : ndarray of bool, (z, x)
    levels : int
        Equal steps that 0 to 255 are divided into.
    distances, angles : tuple
        In pixels and degrees.

    Returns
    -------
    ndarray of float64, (property, distance, angle)
        `PROPERTIES`, as scikit-image defines them.
    """
    steps = image.astype(np.uint16) * levels // 256 + 1
    steps[~inside] = 0  # pairs with a pixel outside are counted in row or column 0
    counts = graycomatrix(steps.astype(np.uint8), distances, np.deg2rad(angles), levels + 1, symmetric=True)[1:, 1:]
    return np.stack([graycoprops(counts, name) for name in PROPERTIES])


def pattern_shares(image: np.ndarray, inside: np.ndarray, radius: int) -> np.ndarray:
    """Shares of the uniform local binary patterns among the pixels whose whole neighbourhood is inside.

    Returns
    -------
    ndarray of float64, (pattern,)
        Number of the eight points that are not darker than the pixel, for patterns with at most two changes around the
        circle; the last share is that of all others. 0 where no neighbourhood is inside.
    """
    square = np.ones((2 * radius + 1, 2 * radius + 1), dtype=np.uint8)
    whole = cv2.erode(inside.astype(np.uint8), square, borderType=cv2.BORDER_CONSTANT, borderValue=0).astype(bool)
    codes = local_binary_pattern(image, POINTS, radius, "uniform")[whole].astype(int)
    return np.bincount(codes, minlength=POINTS + 2) / max(1, codes.size)
