"""The last step of the chain: conversion of an image to the size of a network's input."""

import numpy as np


def to_network_input(image: np.ndarray, size: int) -> np.ndarray:
    """Pad an image with 0 to a square and resize it by areas, as all networks that are trained here get it.

    Parameters
    ----------
    image : ndarray of uint8, (z, x)
    size : int
        Rows and columns of the network's input.

    Returns
    -------
    ndarray of float32, (size, size)
        0..255, not rounded.
    """
    return resized_by_area(padded(image, (size, size)), (size, size))


def padded(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Pad an image with 0 on both sides to the proportions of rows and columns, as an array of the same type."""
    rows, columns = image.shape
    # Rounded up, so that nothing of the image is lost.
    whole = max(rows, -(-columns * size[0] // size[1])), max(columns, -(-rows * size[1] // size[0]))
    canvas = np.zeros(whole, dtype=image.dtype)
    top, left = (whole[0] - rows) // 2, (whole[1] - columns) // 2
    canvas[top : top + rows, left : left + columns] = image
    return canvas


def resized_by_area(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize an image to rows and columns, float32, not rounded. Shrinking averages areas; enlarging is bilinear."""
    import cv2

    shrinks = size[0] < image.shape[0] or size[1] < image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image.astype(np.float32), size[::-1], interpolation=method)
