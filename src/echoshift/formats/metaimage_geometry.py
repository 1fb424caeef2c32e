"""The geometry in a MetaImage header. Lengths are in millimetres, ITK's unit."""

import math
from collections.abc import Mapping
from typing import Any

from echoshift.errors import EchoShiftError
from echoshift.geometry import ConvexGeometry, LinearGeometry, spread

CURVILINEAR = ("LateralAngularSeparation", "FirstSampleDistance", "RadiusSampleSize")
"""Fields of ITKUltrasound's CurvilinearArraySpecialCoordinatesImage: rad between lines, mm from the apex, mm between samples."""

SOUND_SPEED = 1540.0
"""Converts the sample spacing to a sampling frequency, unless the header has PLUS's `SoundVelocity` (m/s)."""

_LONGEST = 1000.0
"""Largest plausible length, in millimetres."""


def geometry_and_rate(header: Mapping[str, str], n_lines: int) -> dict[str, Any]:
    """Frame fields from a header: geometry, sampling frequency, and PLUS's speed of sound and centre frequency.

    Parameters
    ----------
    header : mapping
        The header's fields as text.
    n_lines : int

    Returns
    -------
    dict
        Without geometry and sampling frequency if the header has neither ITKUltrasound's three fields nor a spacing other
        than the default of 1 mm. No field gives the face of a convex probe, so the first sample is assumed to lie on it.
    """
    says: dict[str, Any] = {}
    if "SoundVelocity" in header:
        says["sound_speed"] = _number(header, "SoundVelocity")
    if "FrequencyMhz" in header:
        says["center_frequency"] = _number(header, "FrequencyMhz") * 1e6
    found = [name for name in CURVILINEAR if name in header]
    if found and len(found) < len(CURVILINEAR):
        missing = ", ".join(name for name in CURVILINEAR if name not in found)
        raise EchoShiftError(f"header: found {', '.join(found)} without {missing}, expected all three or none")
    if found:
        step = _length(header, "RadiusSampleSize")
        says["geometry"] = _convex(header, n_lines)
    else:
        spacing = _numbers(header, "ElementSpacing")[:2]
        if spacing in ([], [1.0, 1.0]):
            return says
        if len(spacing) < 2 or min(spacing) <= 0:
            raise EchoShiftError(
                f"ElementSpacing: found {header['ElementSpacing']!r}, expected mm above 0 for samples and lines"
            )
        step = spacing[0]
        offset = (_numbers(header, "Offset") or [0.0])[0]
        says["geometry"] = LinearGeometry(spread(spacing[1] * 1e-3, n_lines), start_depth=offset * 1e-3)
    says["sampling_frequency"] = says.get("sound_speed", SOUND_SPEED) / (2 * step * 1e-3)
    return says


def _convex(header: Mapping[str, str], n_lines: int) -> ConvexGeometry:
    angle = _number(header, "LateralAngularSeparation")
    if not 0 < angle * n_lines <= 2 * math.pi:
        raise EchoShiftError(
            f"LateralAngularSeparation: found {angle:g} rad for {n_lines} lines, expected above 0 and less than a full turn "
            "in total (radians, not degrees)"
        )
    first = _number(header, "FirstSampleDistance")
    if first and not 1 <= first <= _LONGEST:
        raise EchoShiftError(f"FirstSampleDistance: found {first:g}, expected 0, or 1 to {_LONGEST:g} mm from the apex")
    return ConvexGeometry(first * 1e-3, spread(angle, n_lines))


def _length(header: Mapping[str, str], name: str) -> float:
    value = _number(header, name)
    if not 0 < value <= _LONGEST:
        raise EchoShiftError(f"{name}: found {value:g}, expected mm above 0")
    return value


def _number(header: Mapping[str, str], name: str) -> float:
    values = _numbers(header, name)
    if len(values) != 1:
        raise EchoShiftError(f"{name}: found {header[name]!r}, expected one number")
    return values[0]


def _numbers(header: Mapping[str, str], name: str) -> list[float]:
    text = header.get(name, "")
    try:
        values = [float(part) for part in text.split()]
    except ValueError:
        values = [math.nan]
    if not all(map(math.isfinite, values)):
        raise EchoShiftError(f"{name}: found {text!r}, expected finite numbers")
    return values
