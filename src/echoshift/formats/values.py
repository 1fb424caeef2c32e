"""Checked conversion of file contents to the numbers, axes and frames that importers need."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats.selector import frame_number
from echoshift.frame import SOUND_SPEED
from echoshift.geometry import expect

UNEVEN = 0.05
"""Largest distance of a sample from its position on an even axis, in steps. Single precision adds less than 0.01."""
OTHER_RATE = 0.05
"""Largest relative difference between two values of a sampling frequency."""


def number(value: Any, name: str) -> float:
    """The finite real number in an array of one element."""
    array = _numbers(value, name, "fiu")
    expect(array.size == 1, name, f"shape {array.shape}", "one number")
    found = float(array.reshape(()))
    expect(np.isfinite(found), name, found, "a finite number")
    return found


def vector(value: Any, name: str) -> np.ndarray:
    """A row or a column of at least two finite real numbers, float64, shape (n,)."""
    array = _numbers(value, name, "fiu")
    expect(array.size == max(array.shape, default=0) >= 2, name, f"shape {array.shape}", "a row or a column of numbers")
    expect(np.isfinite(array).all(), name, "NaN or infinite values", "finite numbers")
    return array.astype(np.float64).reshape(-1)


def step(values: np.ndarray, name: str) -> float:
    """The step of evenly spaced increasing values, shape (n,)."""
    found = (values[-1] - values[0]) / (values.size - 1)
    expect(found > 0 and (np.diff(values) > 0).all(), name, "values that do not increase", "strictly increasing metres")
    strayed = np.abs(values - values[0] - found * np.arange(values.size)).max()
    expect(strayed <= UNEVEN * found, name, f"values up to {strayed / found:.3g} steps off an even axis", "even steps")
    return float(found)


def speed_of(param: Mapping[str, Any], name: str, depth_step: float) -> dict[str, float]:
    """A frame's field `sound_speed` if a struct has `c` (m/s). The steps (m) of its axis `r` must agree with its `fs` (Hz)."""
    says = {"sound_speed": number(param["c"], f"{name}.c")} if "c" in param else {}
    if "fs" in param:
        stated, sound_speed = number(param["fs"], f"{name}.fs"), says.get("sound_speed", SOUND_SPEED)
        implied = sound_speed / (2 * depth_step)
        expect(abs(stated - implied) <= OTHER_RATE * implied, f"{name}.fs", f"{stated} Hz",
               f"about {implied:.4g} Hz, from the steps of {name}.r at {sound_speed:g} m/s")  # fmt: skip
    return says


def frame_of(values: Any, name: str, selector: str | None) -> np.ndarray:
    """One frame of MATLAB's [samples, lines] or [samples, lines, frames], as (line, sample)."""
    array = _numbers(values, name, "fiuc")
    expect(array.ndim in (2, 3), name, f"{array.ndim} dimensions", "[samples, lines] or [samples, lines, frames]")
    frames = array.reshape(*array.shape, 1) if array.ndim == 2 else array
    return frames[:, :, frame_number(selector, frames.shape[2])].T


def _numbers(value: Any, name: str, kinds: str) -> np.ndarray:
    if value is None:
        raise EchoShiftError(f"{name}: not in the file, expected numbers")
    found = f"type {value.dtype}" if isinstance(value, np.ndarray | np.generic) else type(value).__name__
    array = np.asarray("" if isinstance(value, dict | list | str | bytes) else value)
    expect(array.dtype.kind in kinds, name, found, "numbers" if "c" in kinds else "real numbers")
    return array
