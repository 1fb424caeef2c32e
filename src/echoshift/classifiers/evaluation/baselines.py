"""Two simple measures without a network, for comparison with a classifier."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from echoshift.classifiers.evaluation.scores import auc_with_interval
from echoshift.reconstruction.grid import inside_polygon


def mean_grey_level(image: np.ndarray, inside: np.ndarray) -> float:
    """Mean grey level of some pixels of an image, uint8 (z, x). `inside` has their flat indices, (pixel,)."""
    return float(image.take(inside).mean(dtype=np.float64))


def liver_cortex_ratio(
    image: np.ndarray, z: np.ndarray, x: np.ndarray, regions: Mapping[str, np.ndarray]
) -> float | None:
    """Ratio of the mean grey levels of liver and kidney cortex (the hepatorenal index).

    Parameters
    ----------
    image : ndarray of uint8, (z, x)
    z, x : ndarray, (z,) and (x,)
        Pixel centres in metres.
    regions : mapping of str to ndarray, (vertex, 2)
        Polygons `liver` and `cortex` as (x, z), in metres.

    Returns
    -------
    float or None
        None if a region is missing or has no pixels, or if the cortex is black.
    """
    means = []
    for name in ("liver", "cortex"):
        if name not in regions:
            return None
        pixels = image[inside_polygon(np.asarray(regions[name]), z, x)]
        if not pixels.size:
            return None
        means.append(float(pixels.mean(dtype=np.float64)))
    liver, cortex = means
    return liver / cortex if cortex > 0 else None


def evaluate_baselines(values: Mapping[str, Sequence[float | None]], labels: Sequence[int | None]) -> dict[str, Any]:
    """AUC of each baseline with its interval. An AUC below 0.5 is reported as is, not inverted.

    Parameters
    ----------
    values : mapping of str to sequence, (frame,)
        Value of each baseline for each frame. None if undefined.
    labels : sequence of int or None, (frame,)
        Labels. Frames with None (unknown) are not counted.

    Returns
    -------
    dict of str to (dict or None)
        `auc`, `auc_low`, `auc_high` and `n_frames`, the number with a value and a label. None if no frame has both.
    """
    results: dict[str, Any] = {}
    for name, column in values.items():
        known = [pair for pair in zip(column, labels, strict=True) if None not in pair]
        results[name] = {**auc_with_interval(*zip(*known, strict=True)), "n_frames": len(known)} if known else None
    return results
