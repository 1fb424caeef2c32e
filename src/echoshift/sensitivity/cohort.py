"""Sensitivity of a whole cohort: mean indices, and the slices of all frames at common values."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from echoshift.classifiers.answers import logits, margin
from echoshift.sensitivity.slices import Slice, values_between
from echoshift.settings import SETTINGS
from echoshift.statistics.bootstrap import METHOD, bootstrap_over_patients, weighted_mean
from echoshift.statistics.intervals import LEVEL

INTERVALS = {"cohort": METHOD, "level": LEVEL}


@dataclass(frozen=True, eq=False)
class SensitiveFrame:
    """A frame of the cohort.

    Attributes
    ----------
    patient : str
    label : int or None
        Number of the true class; None if unknown.
    reference : int
        The true class, or the initial answer if it is unknown.
    first, total : ndarray of float64, (class, parameter)
        Sobol indices; NaN if undefined.
    slices : sequence of Slice
    """

    patient: str
    label: int | None
    reference: int
    first: np.ndarray
    total: np.ndarray
    slices: Sequence[Slice]


def index_numbers(frames: Sequence[SensitiveFrame], of_class: int, parameter: int) -> dict[str, Any]:
    """Mean first-order and total index of one setting, with intervals by patient.

    Parameters
    ----------
    frames : sequence of SensitiveFrame
    of_class, parameter : int
        Place of the class whose log-odds are analysed, and of the setting.

    Returns
    -------
    dict
        JSON values: `first` and `total` with `_low` and `_high`; `n_frames` with defined indices, their `n_patients`, and
        `n_undefined`, the frames whose log-odds never vary. Numbers without a frame are None. A number that does not vary
        over the patients has no limits.
    """
    defined = [frame for frame in frames if not np.isnan(frame.total[of_class, parameter])]
    patients = [frame.patient for frame in defined]
    found: dict[str, Any] = {}
    for name in ("first", "total"):
        values = np.array([getattr(frame, name)[of_class, parameter] for frame in defined])
        mean, low, high = None, None, None
        if defined:
            mean = float(values.mean())
            interval = bootstrap_over_patients(lambda weights, own=values: weighted_mean(own, weights), patients)
            low, high = interval or (None, None)
        found |= {name: mean, f"{name}_low": low, f"{name}_high": high}
    counts = {"n_frames": len(defined), "n_patients": len(set(patients)), "n_undefined": len(frames) - len(defined)}
    return found | counts


def classes_analysed(n_classes: int) -> range:
    """Classes whose log-odds have indices of their own. Those of two classes are the same."""
    return range(1 if n_classes == 2 else 0, n_classes)


def at_common_values(
    frames: Sequence[SensitiveFrame], names: tuple[str, ...], of_logit: bool = False
) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """One slice of all frames, interpolated linearly at common values if their own differ.

    Parameters
    ----------
    frames : sequence of SensitiveFrame
    names : tuple of str
        The settings that vary.
    of_logit : bool
        The logit of the positive class of two, instead of the margin of the true class.

    Returns
    -------
    values : tuple of ndarray
        Common values of each setting, from the lowest to the highest of all frames.
    found : ndarray of float64, (frame, value of the first setting, ...)
        NaN outside a frame's own bounds.
    """
    slices = [next(one for one in frame.slices if one.names == names) for frame in frames]
    common = tuple(_common(name, [one.values[i] for one in slices]) for i, name in enumerate(names))
    found = []
    for frame, one in zip(frames, slices, strict=True):
        own = logits(one.scores)[..., 0] if of_logit else margin(one.scores, frame.reference)
        for i, (values, wanted) in enumerate(zip(one.values, common, strict=True)):
            own = np.apply_along_axis(_interpolated, i, own, values, wanted)
        found.append(own)
    return common, np.array(found)


def quantiles(found: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """Quantiles over the frames, (share, ...) from (frame, ...), of those that have a value. NaN where none has one."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="All-NaN slice")  # outside the bounds of all frames
        return np.nanquantile(found, shares, axis=0)


def _interpolated(own: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    return np.interp(wanted, values, own, left=np.nan, right=np.nan)


def _common(name: str, of_frames: Sequence[np.ndarray]) -> np.ndarray:
    if all(np.array_equal(own, of_frames[0]) for own in of_frames):
        return of_frames[0]
    low, high, n = min(own[0] for own in of_frames), max(own[-1] for own in of_frames), max(map(len, of_frames))
    return values_between(SETTINGS[name].kind, low, high, n)
