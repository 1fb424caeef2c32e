"""The last step of the chain: conversion of an image to the network's input. All code uses this function."""

import numpy as np


def to_network_input(image: np.ndarray, size: int) -> np.ndarray:
    """Pad an image with 0 to a square and resize it.

    Shrinking averages areas and enlarging is bilinear. The result is not rounded.

    Parameters
    ----------
    image : ndarray of uint8, (z, x)
    size : int
        Rows and columns of the network's input.

    Returns
    -------
    ndarray of float32, (size, size)
        0..255.
    """
    import cv2

    rows, columns = image.shape
    side = max(rows, columns)
    square = np.zeros((side, side), dtype=np.float32)
    top, left = (side - rows) // 2, (side - columns) // 2
    square[top : top + rows, left : left + columns] = image
    method = cv2.INTER_AREA if size < side else cv2.INTER_LINEAR
    return cv2.resize(square, (size, size), interpolation=method)
