"""Drawn marks and near-duplicates: found where they were put, and nowhere else."""

from itertools import combinations

import cv2
import numpy as np
import pytest
from suspicious import cropped, inner_pixel, saved_again, with_callipers, with_text

from echoshift.formats.images.sector import find_sector
from echoshift.sheets.likeness import SHARED, alike, local_hashes
from echoshift.sheets.marks import drawn_pixels


def drawn(image):
    return drawn_pixels(image, find_sector(image))


def hashes(image):
    sector = find_sector(image)
    return local_hashes(image, sector, drawn_pixels(image, sector))


def overexposed(image):
    """The picture smoothed and with twice the level, so that echoes are white in places."""
    return np.clip(cv2.GaussianBlur(image, (0, 0), 1) * 2.0, 0, 255).astype(np.uint8)


CHANGES = {
    "none": lambda image: image,
    "white in places": overexposed,
    "32 grey levels": lambda image: image // 8 * 8,
    "JPEG": saved_again,
}


@pytest.mark.parametrize("change", CHANGES)
def test_speckle_is_no_drawing(change, pictures):
    assert not any(drawn(CHANGES[change](image)).any() for image in pictures.values())


MARKS = {
    "cross": lambda image, seed: with_callipers(image, seed),
    "small cross": lambda image, seed: with_callipers(image, seed, size=7),
    "thick cross": lambda image, seed: with_callipers(image, seed, thickness=2),
    "leaning cross": lambda image, seed: with_callipers(image, seed, cv2.MARKER_TILTED_CROSS),
    "cross, JPEG": lambda image, seed: saved_again(with_callipers(image, seed), 90),
    "leaning cross, JPEG": lambda image, seed: saved_again(with_callipers(image, seed, cv2.MARKER_TILTED_CROSS), 90),
    "digits": with_text,
    "letters": lambda image, seed: with_text(image, seed, "R KIDNEY", 0.5),
    "letters, JPEG": lambda image, seed: saved_again(with_text(image, seed, "LIVER"), 90),
}


@pytest.mark.parametrize("mark", MARKS)
def test_every_drawing_is_found(mark, pictures):
    for seed, (name, image) in enumerate(pictures.items()):
        assert drawn(MARKS[mark](image, seed)).any(), name


def test_a_cross_is_found_where_it_is(pictures):
    image = pictures["S01"].copy()
    z, x = inner_pixel(image, 3)
    cv2.drawMarker(image, (int(x), int(z)), 255, cv2.MARKER_CROSS, 9)
    np.testing.assert_allclose(np.argwhere(drawn(image)), [(z, x)], atol=1)


def test_what_lies_outside_the_sector_is_no_concern(pictures):
    image = pictures["S01"].copy()
    cv2.putText(image, "R KIDNEY", (10, 490), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1, cv2.LINE_AA)
    assert not find_sector(image)[470:].any() and not drawn(image).any()


COPIES = {
    "JPEG": saved_again,
    "JPEG of low quality": lambda image: saved_again(image, 30),
    "margins cut off": lambda image: saved_again(cropped(image, 0)),
    "5 % cut off each side": lambda image: saved_again(cropped(image, 0.05)),
    "20 % cut off each side": lambda image: saved_again(cropped(image, 0.2)),
    "smaller": lambda image: saved_again(cv2.resize(image, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA)),
    "another grey curve": lambda image: saved_again((255 * (image / 255) ** 0.8).astype(np.uint8)),
}


@pytest.mark.parametrize("copy", COPIES)
def test_copies_are_alike_and_different_patients_are_not(copy, pictures):
    originals = [hashes(image) for image in pictures.values()]
    copies = [hashes(COPIES[copy](image)) for image in pictures.values()]
    n = len(pictures)
    assert alike(originals + copies) == [(i, i + n) for i in range(n)]


def test_alike_counts_shared_hashes():
    """Compared with the size of each pair's intersection."""
    rng = np.random.default_rng(0)
    sets = [np.unique(rng.integers(0, 120, 60).astype(np.uint64)) for _ in range(12)] + [np.empty(0, np.uint64)]
    expected = [(i, j) for i, j in combinations(range(13), 2) if np.intersect1d(sets[i], sets[j]).size >= SHARED]
    assert 5 < len(expected) < 61 and alike(sets) == expected
    assert alike([]) == [] and alike([sets[0]]) == []


def test_different_patients_share_a_small_part_of_the_limit(pictures):
    found = [hashes(image) for image in pictures.values()]
    most = max(np.intersect1d(one, other).size for one, other in combinations(found, 2))
    assert most <= SHARED / 4


def test_the_same_words_in_two_pictures_do_not_make_them_alike(pictures):
    words = [image.copy() for image in pictures.values()]
    for image in words:
        cv2.putText(image, "R KIDNEY LONG", (200, 150), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1, cv2.LINE_AA)
    assert all(drawn(image).any() for image in words)
    assert alike([hashes(image) for image in words]) == []


def test_a_picture_with_little_detail_has_no_hashes():
    image = np.random.default_rng(0).integers(1, 256, (40, 40), dtype=np.uint8)
    assert hashes(image).size == 0
