"""Prepare a picture for the network: padded with black to a square, then resized by areas. Needs NumPy alone."""

import numpy as np


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
