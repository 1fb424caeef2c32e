"""Similarity of pictures, against the definition."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from echoshift.reconstruction.similarity import resemblance, ssim


def by_definition(one, other, inside):
    """Wang et al. 2004, equation 13, with their Gaussian window of 11 pixels."""

    def mean(values):
        return gaussian_filter(values, 1.5, truncate=3.5)

    x, y = one.astype(float), other.astype(float)
    mean_x, mean_y = mean(x), mean(y)
    var_x, var_y, both = mean(x * x) - mean_x**2, mean(y * y) - mean_y**2, mean(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    values = (2 * mean_x * mean_y + c1) * (2 * both + c2) / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))
    return values[inside].mean()


@pytest.fixture
def pictures():
    draws = np.random.default_rng(1)
    one = draws.integers(0, 256, (40, 50), dtype=np.uint8)
    other = np.clip(one + draws.normal(0, 40, one.shape), 0, 255).astype(np.uint8)
    inside = np.ones(one.shape, dtype=bool)
    return one, other, inside


def test_equal_pictures_have_1_and_others_what_the_definition_says(pictures):
    one, other, inside = pictures
    assert ssim(one, one, inside) == pytest.approx(1)
    assert ssim(one, other, inside) == pytest.approx(by_definition(one, other, inside))
    inside[:, :20] = False
    box = np.s_[:, 20:]
    assert ssim(one, other, inside) == pytest.approx(by_definition(one[box], other[box], inside[box]))


def test_what_lies_outside_the_sector_does_not_count(pictures):
    one, other, inside = pictures
    inside[:, :20] = False
    changed = other.copy()
    changed[:, :20] = 0
    assert resemblance(one, changed, inside) == resemblance(one, other, inside)


@pytest.mark.parametrize("shape", [(3, 40), (5, 6), (1, 1)])
def test_a_sector_smaller_than_the_window(shape):
    draws = np.random.default_rng(1)
    one, other = draws.integers(0, 256, (2, *shape), dtype=np.uint8)
    inside = np.ones(shape, dtype=bool)
    assert ssim(one, one, inside) == pytest.approx(1)
    assert -1 <= ssim(one, other, inside) < 1


def test_shares_and_differences_by_hand():
    one = np.array([[0, 10], [255, 7]], dtype=np.uint8)
    other = np.array([[0, 0], [255, 255]], dtype=np.uint8)
    inside = np.array([[True, True], [True, False]])
    found = resemblance(one, other, inside)
    assert found.grey_difference == pytest.approx(10 / 3)
    assert (found.initial_black, found.initial_white, found.black, found.white) == (1 / 3, 1 / 3, 2 / 3, 1 / 3)
