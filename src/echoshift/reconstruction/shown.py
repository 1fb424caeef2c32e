"""The part of a picture that is not black."""

import cv2
import numpy as np

REACH = 0.01
"""Half the width of the gaps that are closed around speckles, as part of the picture's shorter side."""


def largest_shown(image: np.ndarray, black: int = 0) -> np.ndarray | None:
    """The largest connected region that is not black after gaps between speckles are closed.

    Parameters
    ----------
    image : ndarray of uint8, (z, x)
    black : int
        Grey levels up to this are black.

    Returns
    -------
    ndarray of bool, (z, x), or None
        None if the whole picture is black.
    """
    reach = max(1, round(REACH * min(image.shape)))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    shown = np.pad((image > black).view(np.uint8), reach)  # as OpenCV closes gaps along the edge otherwise
    closed = cv2.morphologyEx(shown, cv2.MORPH_CLOSE, disk)[reach:-reach, reach:-reach]
    _, regions, statistics, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    sizes = statistics[1:, cv2.CC_STAT_AREA]
    return regions == 1 + int(np.argmax(sizes)) if sizes.size else None
