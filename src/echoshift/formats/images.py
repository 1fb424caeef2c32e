"""8-bit images: of the first cohort, and of cached reconstructions."""

from pathlib import Path

import numpy as np

from echoshift.errors import EchoShiftError


def read_image(path: str | Path) -> np.ndarray:
    """Read an image in grey levels.

    Parameters
    ----------
    path : path
        A PNG, JPEG or TIFF file of 8 bits (colour is turned to grey), or the folder of a cached reconstruction.

    Returns
    -------
    ndarray of uint8, (z, x)
    """
    path = Path(path)
    if path.is_dir():
        from echoshift.reconstruction.cache import read_reconstruction

        return read_reconstruction(path).image
    import cv2

    try:
        content = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise EchoShiftError(f"{path}: cannot be read ({error.strerror}), expected an image") from None
    try:
        image = cv2.imdecode(content, cv2.IMREAD_ANYDEPTH | cv2.IMREAD_GRAYSCALE) if content.size else None
    except cv2.error:
        image = None
    if image is None:
        raise EchoShiftError(f"{path}: found {content.size} bytes that are no image, expected PNG, JPEG or TIFF")
    if image.dtype != np.uint8:
        raise EchoShiftError(f"{path}: found {image.dtype.itemsize * 8} bits a pixel, expected 8")
    if min(image.shape) < 16:
        raise EchoShiftError(f"{path}: found {image.shape[0]} x {image.shape[1]} pixels, expected at least 16 x 16")
    return image
