"""Measuring marks and text drawn into a picture's sector.

A drawn line is as thin sideways as it is along the beam, and of one grey level. An echo is not: a scanner resolves less
sideways than along its lines, so what is bright, narrow and several pixels tall was drawn. Upright crosses and the stems
of letters and digits are found so; of leaning crosses, both bars through one pixel.
"""

import numpy as np

CONTRAST = 60
"""Least grey levels by which a drawn line is above both sides."""
EVENNESS = 24
"""Most grey levels by which a drawn line varies along itself. JPEG changes a line of one level by this much."""
_WIDTH = 5
"""Lines are narrower than this, in pixels."""
_EDGE = 9
"""Side of the square around a pixel that must lie in the sector."""

_SMALL_CROSS = (1, 1, 1, 0, 1, 1, 1)
_THICK_CROSS = (1, 1, 1, 0, 0, 0, 1, 1, 1)
_STEM = (1, 1, 1, 1, 1, 1)
"""Pixels along a line. The middle of a cross counts for neither bar, as it is as wide as the other bar."""


def drawn_pixels(image: np.ndarray, sector: np.ndarray) -> np.ndarray:
    """Find the middles of drawn lines: upright ones, and crossings of two leaning ones.

    Crosses have at least 7 pixels, letters and digits about 8. Smaller, darker or larger filled marks are not found.

    Parameters
    ----------
    image : ndarray of uint8, (z, x)
    sector : ndarray of bool, (z, x)
        See `find_sector`.

    Returns
    -------
    ndarray of bool, (z, x)
    """
    import cv2

    narrow = cv2.subtract(image, cv2.morphologyEx(image, cv2.MORPH_OPEN, np.ones((1, _WIDTH), np.uint8)))

    def along(line: np.ndarray) -> np.ndarray:
        """Whether the pixels of a line (its kernel) around each pixel are narrow, bright and even."""
        evenness = cv2.subtract(cv2.dilate(image, np.flip(line)), cv2.erode(image, line))
        return (cv2.erode(narrow, line) >= CONTRAST) & (evenness <= EVENNESS)

    def nearby(found: np.ndarray) -> np.ndarray:
        return cv2.dilate(found.view(np.uint8), np.ones((3, 3), np.uint8)).view(bool)

    kernels = [np.array(line, np.uint8) for line in (_SMALL_CROSS, _THICK_CROSS, _STEM)]
    upright = np.any([along(kernel[:, None].copy()) for kernel in kernels], axis=0)
    bar = np.diag(kernels[0])
    leaning = nearby(along(bar)) & nearby(along(np.fliplr(bar).copy()))
    inside = cv2.erode(sector.view(np.uint8), np.ones((_EDGE, _EDGE), np.uint8), borderValue=0).view(bool)
    return (upright | leaning) & inside
