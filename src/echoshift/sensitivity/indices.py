"""Sobol indices: the share of the score's variance over the box that each setting explains, alone and in all.

Settings are independent and uniform between their bounds. Of whole numbers, each allowed value is equally probable.
"""

import numpy as np

from echoshift.attacks.axes import Axis
from echoshift.sensitivity.settings import Design
from echoshift.settings import DECIMALS, SPACING


def sample(design: Design) -> np.ndarray:
    """Settings of the samples A, B and, for each axis, A with that setting of B.

    From one scrambled Sobol' sequence with two dimensions per setting (Saltelli et al. 2010, Computer Physics
    Communications 181:259, section 5).

    Returns
    -------
    ndarray of float64, (2 + axis, sample, axis)
        Rounded to `DECIMALS`. Depends on `design` alone.
    """
    n = len(design.axes)
    from scipy.stats import qmc  # a second to import, and other verbs import this module

    numbers = qmc.Sobol(2 * n, bits=64, rng=design.seed).random(design.samples)
    values = np.stack([_values(design.axes[i % n], column) for i, column in enumerate(numbers.T)], axis=-1)
    a, b = values[:, :n], values[:, n:]
    return np.stack([a, b, *(np.where(np.arange(n) == i, b, a) for i in range(n))])


def _values(axis: Axis, shares: np.ndarray) -> np.ndarray:
    """Quantiles of the uniform distribution between the bounds, at shares in [0, 1)."""
    if spacing := SPACING[axis.kind]:
        n_allowed = round((axis.high - axis.low) / spacing) + 1
        return axis.low + spacing * np.floor(shares * n_allowed)
    return np.round(axis.low + shares * (axis.high - axis.low), DECIMALS)


def first_and_total(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First-order and total Sobol indices (`scipy.stats.sobol_indices`, estimators of Saltelli et al. 2010, table 2).

    Estimates may lie somewhat below 0 or above 1.

    Parameters
    ----------
    values : ndarray of float64, (2 + axis, sample, output)
        Values at the settings of `sample`, of at least two outputs.

    Returns
    -------
    first, total : ndarray of float64, (output, axis)
        NaN for an output that does not vary.
    """
    from scipy.stats import sobol_indices

    of_sample = values.transpose(0, 2, 1)
    parts = dict(zip(("f_A", "f_B"), of_sample, strict=False)) | {"f_AB": of_sample[2:]}
    found = sobol_indices(func=parts, n=values.shape[1])
    varies = np.ptp(of_sample[:2], axis=(0, 2)) > 0
    shape = (values.shape[2], len(values) - 2)  # scipy drops dimensions of length 1
    return tuple(
        np.where(varies[:, None], np.reshape(one, shape), np.nan) for one in (found.first_order, found.total_order)
    )
