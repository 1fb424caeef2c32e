"""Near-duplicates: pictures that show the same echoes, also if one was cropped, compressed or resized a little.

A perceptual hash of a whole picture does not do: two patients' pictures may have the same shape and much the same
anatomy, and cropping changes the hash. So each picture has many local hashes: the binary descriptors (ORB) of its most
distinct points inside the sector, cut into words of 32 bits. Speckle makes them differ between any two recordings.
"""

from collections.abc import Sequence

import numpy as np

SHARED = 16
"""Fewest hashes that two pictures of the same echoes share.

Measured on the 211 pictures of the default study: two patients' pictures share at most 3 (of 1600). A picture shares at least 115 with
a copy of which 5 to 20 % of the sector is cut off each side, saved as JPEG at quality 75, and at least 28 if it is resized to 70 %.
"""
FEWEST_POINTS = 50
"""A picture with fewer distinct points cannot be compared."""

_POINTS = 200
_EDGE = 15
"""Points keep this distance from the edge of the sector, in pixels, which may be the same for all pictures."""
_BESIDE = 41
"""Side of the square without points around drawn pixels, which may be the same in many pictures."""


def local_hashes(image: np.ndarray, sector: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Compute the local hashes of a picture.

    Parameters
    ----------
    image : ndarray of uint8, (z, x)
    sector, drawn : ndarray of bool, (z, x)
        See `find_sector` and `drawn_pixels`.

    Returns
    -------
    ndarray of uint64, (hash,)
        Place of the word in its descriptor, and the word; sorted and unique. Empty if the picture cannot be compared.
    """
    import cv2

    where = cv2.erode(sector.view(np.uint8), np.ones((_EDGE, _EDGE), np.uint8), borderValue=0)
    where[cv2.dilate(drawn.view(np.uint8), np.ones((_BESIDE, _BESIDE), np.uint8)) > 0] = 0
    finder = cv2.ORB_create(nfeatures=_POINTS, scaleFactor=1.2, nlevels=4, fastThreshold=7)
    points, descriptors = finder.detectAndCompute(image, where)
    if len(points) < FEWEST_POINTS:
        return np.empty(0, np.uint64)
    words = np.ascontiguousarray(descriptors).view("<u4").astype(np.uint64)
    return np.unique(words | np.arange(words.shape[1], dtype=np.uint64) << np.uint64(32))


def alike(hashes: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    """Pairs of pictures (i < j) that share at least `SHARED` hashes."""
    owner = np.repeat(np.arange(len(hashes)), [found.size for found in hashes])
    words = np.concatenate([np.empty(0, np.uint64), *hashes])
    order = np.argsort(words, kind="stable")  # pictures with the same word are neighbours, in ascending order
    words, owner = words[order], owner[order]
    pairs = []
    for step in range(1, len(hashes)):
        same = words[step:] == words[:-step]
        if not same.any():
            break
        pairs.append(owner[:-step][same] * len(hashes) + owner[step:][same])
    found, shared = np.unique(np.concatenate([np.empty(0, np.intp), *pairs]), return_counts=True)
    return [divmod(int(pair), len(hashes)) for pair in found[shared >= SHARED]]
