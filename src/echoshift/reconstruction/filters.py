"""Filters of the finished image, restricted to the sector. They neither read nor write pixels outside it."""

from collections.abc import Mapping

import numpy as np

from echoshift.reconstruction.grid import PixelGrid
from echoshift.reconstruction.zoom import zoom


def filtered(image: np.ndarray, sector: np.ndarray, grid: PixelGrid, settings: Mapping[str, float]) -> np.ndarray:
    """Filter a finished uint8 image (z, x): median, Gaussian and zoom. Neutral ones are skipped."""
    if settings["median"] > 1:
        image = median(image, sector, int(settings["median"]))
    if settings["smoothing"]:
        image = smooth(image, sector, settings["smoothing"])
    if settings["image_scale"] != 1:
        image = zoom(image, grid.z, grid.x, settings["image_scale"])
    return image


def median(image: np.ndarray, sector: np.ndarray, width: int) -> np.ndarray:
    """Median over the pixels inside the sector in a square window. For an even number of pixels it is the lower one.

    Parameters
    ----------
    image : ndarray of uint8, (z, x)
    sector : ndarray of bool, (z, x)
    width : int
        Width and height of the window, odd.

    Returns
    -------
    ndarray of uint8, (z, x)
        0 outside the sector.
    """
    import cv2

    whole = cv2.erode(sector.view(np.uint8), np.ones((width, width), np.uint8), borderValue=0).view(bool)
    filtered = np.where(whole, cv2.medianBlur(image, width), 0)
    # At the edge, where part of the window lies outside, the value 256 sorts those pixels last.
    rows, columns = np.nonzero(sector & ~whole)
    padded = np.pad(np.where(sector, image, np.int16(256)), width // 2, constant_values=256)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (width, width))[rows, columns].reshape(-1, width * width)
    windows.sort(axis=1)
    n_inside = (windows < 256).sum(axis=1)
    filtered[rows, columns] = windows[np.arange(rows.size), (n_inside - 1) // 2]
    return filtered


def smooth(image: np.ndarray, sector: np.ndarray, sigma: float) -> np.ndarray:
    """Rounded Gaussian mean over the pixels inside the sector.

    Parameters
    ----------
    image : ndarray of uint8, (z, x)
        0 outside the sector.
    sector : ndarray of bool, (z, x)
    sigma : float
        Standard deviation in pixels, above 0. The kernel is truncated at 4 sigma.

    Returns
    -------
    ndarray of uint8, (z, x)
        0 outside the sector.
    """
    import cv2

    reach = np.arange(-int(np.ceil(4 * sigma)), int(np.ceil(4 * sigma)) + 1)
    kernel = np.exp(-0.5 * (reach / sigma) ** 2)
    kernel /= kernel.sum()

    def blurred(values: np.ndarray) -> np.ndarray:
        return cv2.sepFilter2D(values.astype(np.float64), -1, kernel, kernel, borderType=cv2.BORDER_CONSTANT)

    weight = np.where(sector, blurred(sector), 1)
    return np.where(sector, np.floor(blurred(image) / weight + 0.5), 0).astype(np.uint8)
