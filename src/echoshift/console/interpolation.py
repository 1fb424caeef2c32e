"""Scores between the settings that a study asked, and how far they are off at settings that are left out.

SciPy and scikit-learn take a second to import. So they are imported where they are used: a server shows its page before.
"""

from dataclasses import dataclass

import numpy as np

FITTED_TO = 120
"""The kernel is fitted to at most so many places, as far apart as possible: a fit costs the cube of their number."""
BLOCKS = 5
"""The box is cut into so many parts along each setting. All queries of a block are left out together."""
MOST_CUT = 3
"""Only so many settings are cut, those with the shortest length scales."""


@dataclass(frozen=True, eq=False)
class Interpolation:
    """A Gaussian process conditioned on all queries: a sum over queries of weight times Matern 5/2 kernel, plus a mean.

    Attributes
    ----------
    lengths : ndarray of float64, (setting,)
        Length scale of each setting, in widths of the box.
    weights : ndarray of float64, (query, column)
    mean : ndarray of float64, (column,)
    errors : ndarray of float64, (query, column)
        Interpolated less asked, with the queries nearby left out too: all in the same block of the box.
    block : ndarray of int, (query,)
        The block of each query.
    """

    lengths: np.ndarray
    weights: np.ndarray
    mean: np.ndarray
    errors: np.ndarray
    block: np.ndarray

    def at(self, known: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Values, float64 (place, column), at places (place, setting); `known` are the places that were asked."""
        from scipy.spatial.distance import cdist

        return matern(cdist(places / self.lengths, known / self.lengths)) @ self.weights + self.mean


def interpolate(places: np.ndarray, values: np.ndarray, guide: np.ndarray) -> Interpolation:
    """Interpolate the values of distinct places.

    The kernel is that of `Surrogate`, fitted to the guide.

    Parameters
    ----------
    places : ndarray of float64, (query, setting)
        0 to 1 over the box. At least two.
    values : ndarray of float64, (query, column)
    guide : ndarray of float64, (query,)
        The margin.
    """
    from scipy.linalg import cho_factor, cho_solve
    from scipy.spatial.distance import cdist

    from echoshift.attacks.surrogate import Surrogate

    if not np.ptp(values, axis=0).any():
        nothing, one = np.zeros_like(values), np.zeros(len(values), int)
        return Interpolation(np.ones(places.shape[1]), nothing, values.mean(axis=0), nothing, one)
    surrogate, few = Surrogate(places.shape[1]), far_apart(places, FITTED_TO)
    surrogate.learn(places[few], guide[few])
    kernel = surrogate.kernel
    amplitude, noise = kernel.k1.k1.constant_value, kernel.k2.noise_level
    lengths = np.broadcast_to(kernel.k1.k2.length_scale, places.shape[1:]).astype(np.float64)
    covariance = matern(cdist(places / lengths, places / lengths)) + noise / amplitude * np.eye(len(places))
    mean = values.mean(axis=0)
    factor = cho_factor(covariance, lower=True)
    weights, inverse = cho_solve(factor, values - mean), cho_solve(factor, np.eye(len(places)))
    errors, block = np.empty_like(weights), blocks(places, lengths)
    for own in (np.flatnonzero(block == i) for i in range(block.max() + 1)):
        # The residual of a block that is left out: Rasmussen and Williams 2006, equation 5.12, for several at once.
        errors[own] = -np.linalg.solve(inverse[np.ix_(own, own)], weights[own])
    return Interpolation(lengths, weights, mean, errors, block)


def matern(distance: np.ndarray) -> np.ndarray:
    """Matern kernel with exponent 5/2 of distances in length scales."""
    scaled = np.sqrt(5) * distance
    return (1 + scaled + scaled**2 / 3) * np.exp(-scaled)


def far_apart(places: np.ndarray, most: int) -> np.ndarray:
    """Indices of at most so many places, each the farthest from those before. The first is the first place."""
    chosen, distance = [0], np.linalg.norm(places - places[0], axis=1)
    while len(chosen) < min(most, len(places)) and distance.max() > 0:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(places - places[chosen[-1]], axis=1))
    return np.array(chosen)


def blocks(places: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Number of each place's block of the box, int (query,). It is cut along the settings with the shortest length scales."""
    cut = np.argsort(lengths)[:MOST_CUT]
    part = np.clip((places[:, cut] * BLOCKS).astype(int), 0, BLOCKS - 1)
    return np.unique(part, axis=0, return_inverse=True)[1].ravel()
