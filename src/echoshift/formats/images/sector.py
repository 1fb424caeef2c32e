"""The sector of a picture: the part that shows echoes, without the text and bars burnt in around it."""

import numpy as np

from echoshift.errors import EchoShiftError

SMALLEST_SHARE = 0.05
"""Least part of a picture that its sector covers. A picture with less is one of text, or black."""

LARGEST_FLAT_SHARE = 0.5
"""Most of a sector that may have one and the same grey level. More than that is a page of text or a drawing."""

LOSSY_BLACK = 8
"""Around a sector saved as JPEG at quality 90, few pixels that were black are lighter than this."""

_REACH = 0.01
"""Half the width of the gaps that are closed, as part of the picture's shorter side."""


def find_sector(image: np.ndarray, is_lossy: bool = False) -> np.ndarray:
    """Find the largest connected region that is not black, with its gaps and holes closed.

    Echoes too weak for the window are black. Gaps between speckles are closed before regions are told apart, so that the
    dark parts of a sector belong to it.

    Parameters
    ----------
    image : ndarray of uint8, (z, x)
    is_lossy : bool
        Whether lossy compression has made black pixels lighter: levels up to `LOSSY_BLACK` are black then.

    Returns
    -------
    ndarray of bool, (z, x)

    Raises
    ------
    EchoShiftError
        One line, if no region is large enough, or if it hardly has more than one grey level.
    """
    import cv2
    from scipy.ndimage import binary_fill_holes

    lowest, highest = int(image.min()), int(image.max())
    if lowest == highest:
        raise EchoShiftError(f"sector: found grey level {lowest} everywhere, expected a B-mode image")
    reach = max(1, round(_REACH * min(image.shape)))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    black = LOSSY_BLACK if is_lossy else 0
    shown = np.pad((image > black).view(np.uint8), reach)  # as OpenCV closes gaps along the edge otherwise
    closed = cv2.morphologyEx(shown, cv2.MORPH_CLOSE, disk)[reach:-reach, reach:-reach]
    _, regions, statistics, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    sizes = statistics[1:, cv2.CC_STAT_AREA]
    if not sizes.size:
        raise EchoShiftError(f"sector: found no pixel lighter than grey level {black}, expected a B-mode image")
    largest = 1 + int(np.argmax(sizes))
    sector = binary_fill_holes(regions == largest)
    if (share := float(sector.mean())) < SMALLEST_SHARE:
        raise EchoShiftError(
            f"sector: found no region larger than {100 * share:.1f} % of the picture, expected at least "
            f"{100 * SMALLEST_SHARE:.0f} % (is it a B-mode image? a polygon or a mask can be given)"
        )
    counts = np.bincount(image[sector], minlength=256)
    commonest = 1 + int(np.argmax(counts[1:]))  # black is not displayed
    if (flat := float(counts[commonest] / counts.sum())) > LARGEST_FLAT_SHARE:
        raise EchoShiftError(
            f"sector: found grey level {commonest} in {100 * flat:.0f} % of it, expected echoes of many levels (a picture of text?)"
        )
    return sector
