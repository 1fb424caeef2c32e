"""Fit pictures to the input of a given model."""

import numpy as np

from echoshift.classifiers.interface.settings import InputSettings
from echoshift.reconstruction.resize import padded, resized_by_area


def fitted(image: np.ndarray, settings: InputSettings, size: tuple[int, int]) -> np.ndarray:
    """Fit one picture to rows and columns.

    Parameters
    ----------
    image : ndarray of uint8, (z, x)
    settings : InputSettings
    size : (int, int)
        Rows and columns of the input.

    Returns
    -------
    ndarray of float32, (row, column)
        Grey levels 0..255, whole ones if `settings.rounded`.
    """
    if settings.fit == "pad":
        fitted = resized(padded(image, size), size, settings)
    elif settings.fit == "stretch":
        fitted = resized(image, size, settings)
    else:
        fitted = _centre(resized(image, _crop_shape(image.shape, size, settings.resize), settings), size)
    return np.clip(np.rint(fitted), 0, 255) if settings.rounded else fitted


def resized(image: np.ndarray, size: tuple[int, int], settings: InputSettings) -> np.ndarray:
    """Resize an image by the interpolation of the settings, float32 (row, column)."""
    if settings.interpolation == "area":
        return resized_by_area(image, size)
    if settings.interpolation == "bilinear":
        import cv2

        return cv2.resize(image.astype(np.float32), size[::-1], interpolation=cv2.INTER_LINEAR)
    from PIL import Image

    # Pillow rounds images of bytes after each of its two passes, images of floats not at all.
    source = Image.fromarray(image.astype(np.uint8 if settings.rounded else np.float32))
    return np.asarray(source.resize(size[::-1], Image.Resampling.BILINEAR), dtype=np.float32)


def _crop_shape(shape: tuple[int, int], size: tuple[int, int], resize: int | None) -> tuple[int, int]:
    """Shape before the centre is cut: the shorter side is `resize`, the longer one in proportion, as in torchvision."""
    shorter = resize or max(size)
    rows, columns = shape
    if rows <= columns:
        return shorter, int(shorter * columns / rows)
    return int(shorter * rows / columns), shorter


def _centre(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    top, left = (round((have - want) / 2) for have, want in zip(image.shape, size, strict=True))
    return image[top : top + size[0], left : left + size[1]]


def network_input(
    images: np.ndarray, settings: InputSettings, size: tuple[int, int], channels: int, layout: str
) -> np.ndarray:
    """Input of a model for some pictures.

    Parameters
    ----------
    images : ndarray of uint8, (image, z, x)
    settings : InputSettings
    size, channels, layout : (int, int), int, str
        Of the model's input: rows and columns, 1 or 3, `nhwc` or `nchw`.

    Returns
    -------
    ndarray of float32, (image, row, column, channel) or (image, channel, row, column)
        (grey * scale - mean) / std, in equal channels before mean and deviation.
    """
    numbers = settings.numbers
    grey = np.stack([fitted(image, settings, size) for image in images])[..., None]
    scaled = np.float32(numbers.scale) * grey - np.asarray(numbers.mean, np.float32)
    filled = np.broadcast_to(scaled / np.asarray(numbers.std, np.float32), (*grey.shape[:3], channels))
    return np.ascontiguousarray(filled if layout == "nhwc" else filled.transpose(0, 3, 1, 2), dtype=np.float32)
