"""The sector of a picture: the part that shows echoes, without the text and bars burnt in around it."""

import numpy as np

from echoshift.errors import EchoShiftError

SMALLEST_SHARE = 0.05
"""Least part of a picture that its sector covers. A picture with less is one of text, or black."""

LARGEST_FLAT_SHARE = 0.5
"""Most of a sector that may have one and the same grey level. More than that is a page of text or a drawing."""

LOSSY_BLACK = 8
"""Around a sector saved as JPEG at quality 90, few pixels that were black are lighter than this."""


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
    from scipy.ndimage import binary_fill_holes

    from echoshift.reconstruction.shown import largest_shown

    lowest, highest = int(image.min()), int(image.max())
    if lowest == highest:
        raise EchoShiftError(f"sector: found grey level {lowest} everywhere, expected a B-mode image")
    black = LOSSY_BLACK if is_lossy else 0
    largest = largest_shown(image, black)
    if largest is None:
        raise EchoShiftError(f"sector: found no pixel lighter than grey level {black}, expected a B-mode image")
    sector = binary_fill_holes(largest)
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
