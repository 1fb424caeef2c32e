"""The sector found in a picture: where echoes are, without text and bars."""

import cv2
import numpy as np
import pytest

from echoshift.errors import EchoShiftError
from echoshift.formats.images.sector import find_sector


def fan(black: float = 0.0, size: int = 256) -> tuple[np.ndarray, np.ndarray]:
    """A sector of speckle, a share of it black, and its mask."""
    rng = np.random.default_rng(1)
    row, column = np.mgrid[:size, :size]
    radius, angle = np.hypot(row + 40, column - size / 2), np.arctan2(column - size / 2, row + 40)
    mask = (radius > 60) & (radius < size + 20) & (np.abs(angle) < 0.5)
    image = np.where(mask, rng.integers(1, 256, mask.shape), 0).astype(np.uint8)
    image[rng.random(mask.shape) < black] = 0
    return image, mask


def test_a_full_sector_is_found_to_the_pixel():
    image, mask = fan()
    found = find_sector(image)
    assert not (found & ~mask).any()
    assert (mask & ~found).sum() <= 0.001 * mask.sum()


def test_black_speckles_and_cysts_are_part_of_it():
    image, mask = fan(black=0.3)
    image[(np.mgrid[:256, :256][0] - 150) ** 2 + (np.mgrid[:256, :256][1] - 128) ** 2 < 400] = 0
    found = find_sector(image)
    assert not (found & ~mask).any()
    assert (mask & ~found).sum() <= 0.01 * mask.sum()


def test_text_and_bars_are_not():
    image, mask = fan()
    cv2.putText(image, "LIVER 3.5", (2, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255)
    image[10:100, 240:250] = np.linspace(255, 1, 90, dtype=np.uint8)[:, None]
    found = find_sector(image)
    assert not (found & ~mask).any() and found.sum() >= 0.999 * mask.sum()


@pytest.mark.parametrize("level", [0, 128, 255])
def test_one_grey_level_is_refused(level):
    with pytest.raises(EchoShiftError, match=f"found grey level {level} everywhere"):
        find_sector(np.full((64, 64), level, np.uint8))


def test_a_few_letters_are_no_sector():
    image = np.zeros((256, 256), np.uint8)
    cv2.putText(image, "no echoes", (20, 120), cv2.FONT_HERSHEY_SIMPLEX, 1, 200, 2)
    with pytest.raises(EchoShiftError, match="found no region larger than"):
        find_sector(image)


def test_a_page_of_text_is_refused():
    image = np.full((256, 256), 255, np.uint8)
    for row in range(20, 256, 16):
        cv2.putText(image, "findings: none of note", (10, row), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 0)
    with pytest.raises(EchoShiftError, match="found grey level 255 in"):
        find_sector(image)
