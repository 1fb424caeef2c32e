"""Texture features against scikit-image, SciPy, brute force and numbers worked out by hand."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates
from scipy.stats import entropy, kurtosis, skew
from skimage.feature import graycomatrix, graycoprops

from echoshift.classifiers.texture.features import (
    PROPERTIES,
    co_occurrences,
    feature_names,
    first_order,
    pattern_shares,
    shown_part,
    texture_features,
)
from echoshift.classifiers.texture.settings import FeatureSettings
from echoshift.reconstruction.resize import to_network_input

AS_IT_IS = FeatureSettings(size=None)


@pytest.fixture
def noise():
    return np.random.default_rng(1).integers(1, 256, (40, 30)).astype(np.uint8)


@pytest.fixture
def blob():
    """An irregular part of a picture of 40 x 30 pixels."""
    z, x = np.mgrid[:40, :30]
    return (np.hypot(z - 18, 1.4 * (x - 15)) < 14) & ~((z > 20) & (x == 11))


def named(image, settings=AS_IT_IS):
    return dict(zip(feature_names(settings), texture_features(image, settings), strict=True))


def test_a_picture_without_black_is_described_as_scikit_image_describes_it(noise):
    settings = FeatureSettings(size=None, levels=16, distances=(1, 3), angles=(0, 45, 90, 135))
    matrices = graycomatrix(noise // 16, [1, 3], np.deg2rad([0, 45, 90, 135]), 16, symmetric=True, normed=True)
    found = named(noise, settings)
    for name in PROPERTIES:
        expected = graycoprops(matrices, name)
        for i, distance in enumerate((1, 3)):
            for k, angle in enumerate((0, 45, 90, 135)):
                assert found[f"{name}_{distance}px_{angle}deg"] == pytest.approx(expected[i, k], rel=1e-12)


@pytest.mark.parametrize(("angle", "step"), [(0, (0, 2)), (45, (1, 1)), (90, (2, 0)), (135, (1, -1))])
def test_only_pairs_inside_are_counted(noise, blob, angle, step):
    """By brute force over all pairs of pixels: 45 degrees at distance 2 is a step of one pixel each way, as rounded."""
    pairs = [
        (int(noise[z, x]) * 8 // 256, int(noise[z + step[0], x + step[1]]) * 8 // 256)
        for z, x in np.argwhere(blob)
        if 0 <= x + step[1] < 30 and z + step[0] < 40 and blob[z + step[0], x + step[1]]
    ]
    first, second = np.array(pairs + [pair[::-1] for pair in pairs]).T
    shares = np.histogram2d(first, second, bins=8, range=[[-0.5, 7.5]] * 2)[0] / len(first)
    expected = {
        "contrast": np.mean((first - second) ** 2),
        "dissimilarity": np.mean(abs(first - second)),
        "homogeneity": np.mean(1 / (1 + (first - second) ** 2)),
        "energy": np.sqrt((shares**2).sum()),
        "correlation": np.corrcoef(first, second)[0, 1],
        "entropy": entropy(shares.ravel()),
    }
    found = co_occurrences(noise, blob, 8, (2,), (angle,))[:, 0, 0]
    assert dict(zip(PROPERTIES, found, strict=True)) == pytest.approx(expected, rel=1e-10)


def test_columns_of_two_shades():
    """Worked out by hand: neighbours in a row always differ, by 16 of 32 steps; neighbours in a column never."""
    stripes = np.tile(np.array([20, 148], np.uint8), (10, 5))
    found = named(stripes, FeatureSettings(size=None, distances=(1, 2), angles=(0, 90)))
    assert found["contrast_1px_0deg"] == 256 and found["contrast_1px_90deg"] == 0 and found["contrast_2px_0deg"] == 0
    assert found["dissimilarity_1px_0deg"] == 16 and found["homogeneity_1px_0deg"] == pytest.approx(1 / 257)
    assert found["correlation_1px_0deg"] == pytest.approx(-1) and found["correlation_1px_90deg"] == pytest.approx(1)
    assert found["energy_1px_0deg"] == pytest.approx(np.sqrt(0.5))
    assert found["entropy_1px_0deg"] == pytest.approx(np.log(2))
    assert (found["mean"], found["deviation"], found["skewness"], found["kurtosis"]) == (84, 64, 0, -2)
    assert (found["entropy"], found["percentile_10"], found["percentile_90"]) == (1, 20, 148)


def test_first_order_statistics_are_those_of_scipy(noise):
    levels = (noise.ravel().astype(float) ** 2 / 256).astype(np.uint8)
    counts = np.bincount(levels)
    expected = [levels.mean(), levels.std(), skew(levels.astype(float)), kurtosis(levels.astype(float)),
                entropy(counts, base=2), *np.percentile(levels, [10, 50, 90])]  # fmt: skip
    assert first_order(levels) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("radius", [1, 2])
def test_patterns_by_brute_force(noise, blob, radius):
    codes = []
    for z, x in np.argwhere(blob):
        whole = blob[max(z - radius, 0) : z + radius + 1, max(x - radius, 0) : x + radius + 1]
        if whole.size < (2 * radius + 1) ** 2 or not whole.all():
            continue
        turn = 2 * np.pi * np.arange(8) / 8
        places = [z - np.round(radius * np.sin(turn), 5), x + np.round(radius * np.cos(turn), 5)]
        signs = (map_coordinates(noise.astype(float), places, order=1) >= noise[z, x]).astype(int)
        changes = np.count_nonzero(signs != np.roll(signs, 1))
        codes.append(signs.sum() if changes <= 2 else 9)
    assert len(codes) > 100
    assert pattern_shares(noise, blob, radius) == pytest.approx(np.bincount(codes, minlength=10) / len(codes))


def test_patterns_of_a_plain_and_of_a_bright_dot():
    plain = np.full((5, 5), 90, np.uint8)
    whole = np.ones((5, 5), bool)
    assert pattern_shares(plain, whole, 1).tolist() == [0] * 8 + [1, 0]  # all eight points are not darker
    dot = plain.copy()
    dot[2, 2] = 200
    assert pattern_shares(dot, whole, 1)[0] == pytest.approx(1 / 9)  # of 3 x 3 pixels with a whole neighbourhood
    assert pattern_shares(dot, whole, 3).tolist() == [0] * 10  # no whole neighbourhood


def test_the_part_that_shows_echoes(noise):
    """A trapezium with a black vessel in it and text beside it."""
    picture = np.zeros((120, 100), np.uint8)
    z, x = np.mgrid[:120, :100]
    sector = (z >= 10) & (z < 110) & (abs(x - 50) <= 15 + z / 5)
    picture[sector] = np.random.default_rng(0).integers(1, 256, sector.sum())
    vessel = np.hypot(z - 60, x - 45) < 9
    picture[vessel] = 0
    picture[3:8, 3:20] = 255
    found = shown_part(picture)
    assert np.array_equal(found, sector)

    without_text = picture.copy()
    without_text[3:8, 3:20] = 0
    assert np.array_equal(texture_features(picture, AS_IT_IS), texture_features(without_text, AS_IT_IS))
    assert named(picture)["mean"] == pytest.approx(picture[sector].mean())


def test_speckle_with_black_between_is_one_part():
    """Half of the pixels of a sector are black, at random."""
    picture = np.zeros((300, 200), np.uint8)
    picture[20:280, 30:170] = np.random.default_rng(0).integers(0, 2, (260, 140)) * 99
    picture[(20, 20, 279, 279), (30, 169, 30, 169)] = 99
    rows, columns = np.nonzero(shown_part(picture))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (20, 279, 30, 169)
    assert shown_part(picture)[20:280, 30:170].mean() > 0.99


@pytest.mark.parametrize("lit", [0, 1, 300])
@pytest.mark.parametrize("level", [1, 255])
def test_features_of_any_picture_are_finite(lit, level):
    picture = np.zeros((20, 15), np.uint8)
    picture.flat[:lit] = level
    assert np.isfinite(texture_features(picture, AS_IT_IS)).all()
    assert len(texture_features(picture, FeatureSettings())) == len(feature_names(FeatureSettings())) == 100


def test_a_picture_is_padded_and_resized_as_for_a_network(noise):
    resized = np.rint(to_network_input(noise, 16)).astype(np.uint8)
    assert np.array_equal(texture_features(noise, FeatureSettings(size=16)), texture_features(resized, AS_IT_IS))
