"""Prepare a picture for the network: defences, then padding with black to a square, and resizing by areas. Needs NumPy alone."""

import numpy as np

from echoshift.classifiers.defences.rewindowed import rewindowed
from echoshift.classifiers.defences.standardised import standardised

VERSIONS = {
    "canonical": lambda image, **options: standardised(image, **options)[None],
    "average": rewindowed,
}
"""What each defence makes of a picture, uint8 (version, row, column), from uint8 (row, column) and its options."""


def inputs(image: np.ndarray, size: int, defences: list) -> np.ndarray:
    """The network's inputs, float32 (version, size, size, 1), of a picture, uint8 (row, column). The scores are their mean.

    `defences` has a mapping for each, with its name and its options, in the order in which they act.
    """
    versions = image[None]
    for one in defences:
        options = {name: value for name, value in one.items() if name != "defence"}
        versions = np.concatenate([VERSIONS[one["defence"]](version, **options) for version in versions])
    return np.stack([prepare(version, size) for version in versions])[..., None]


def prepare(image: np.ndarray, size: int) -> np.ndarray:
    """The network's input, float32 (size, size) from 0 to 255, of a picture, uint8 (row, column)."""
    side = max(image.shape)
    square = np.zeros((side, side))
    top, left = ((side - length) // 2 for length in image.shape)
    square[top : top + image.shape[0], left : left + image.shape[1]] = image
    weights = shares(side, size) if size < side else between(side, size)
    return (weights @ square @ weights.T).astype(np.float32)


def shares(n: int, size: int) -> np.ndarray:
    """Share of each of n pixels in each of fewer, wider ones, (size, n)."""
    edges = np.arange(size + 1) * n / size
    overlap = np.minimum(edges[1:, None], np.arange(1, n + 1)) - np.maximum(edges[:-1, None], np.arange(n))
    return np.maximum(overlap, 0) * size / n


def between(n: int, size: int) -> np.ndarray:
    """Weights of n pixels in each of more, narrower ones, (size, n): linear between the centres of pixels."""
    at = np.clip((np.arange(size) + 0.5) * n / size - 0.5, 0, n - 1)
    return np.maximum(0, 1 - abs(at[:, None] - np.arange(n)))
