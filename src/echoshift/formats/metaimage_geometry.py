"""The geometry in a MetaImage header. Lengths are in millimetres, ITK's unit."""

import math
from collections.abc import Mapping
from typing import Any

from echoshift.formats.metaimage_lines import Layout
from echoshift.frame import SOUND_SPEED
from echoshift.geometry import ConvexGeometry, LinearGeometry, expect, spread

CURVILINEAR = ("LateralAngularSeparation", "FirstSampleDistance", "RadiusSampleSize")
"""Fields of ITKUltrasound's CurvilinearArraySpecialCoordinatesImage: rad between lines, mm from the apex, mm between samples."""

_LONGEST = 1000.0
"""Largest plausible length, in millimetres."""


def geometry_and_rate(header: Mapping[str, str], n_lines: int, layout: Layout) -> dict[str, Any]:
    """Frame fields from a header: geometry, sampling frequency, and PLUS's speed of sound and centre frequency.

    Parameters
    ----------
    header : mapping
        The header's fields as text.
    n_lines : int
    layout : Layout
        Of the stored values, to which `ElementSpacing` belongs. ITKUltrasound's fields belong to samples and lines.

    Returns
    -------
    dict
        Without geometry and sampling frequency if the header has neither ITKUltrasound's three fields nor a spacing other
        than the default of 1 mm, or if the image may be scan-converted. No field gives the face of a convex probe, so the
        first sample is assumed to lie on it.
    """
    says: dict[str, Any] = {}
    if "SoundVelocity" in header:
        says["sound_speed"] = _number(header, "SoundVelocity")
    if "FrequencyMhz" in header:
        says["center_frequency"] = _number(header, "FrequencyMhz") * 1e6
    found = [name for name in CURVILINEAR if name in header]
    missing = [name for name in CURVILINEAR if name not in header]
    if found:
        expect(not missing, "header", f"{', '.join(found)} without {', '.join(missing)}", "all three or none")
        step = _number(header, "RadiusSampleSize")
        expect(0 < step <= _LONGEST, "RadiusSampleSize", f"{step:g}", "mm above 0")
        says["geometry"] = _convex(header, n_lines)
    else:
        spacing = _numbers(header, "ElementSpacing")[:2]
        if spacing in ([], [1.0, 1.0]) or layout.is_picture:
            return says
        above_0 = len(spacing) == 2 and min(spacing) > 0
        expect(above_0, "ElementSpacing", repr(header["ElementSpacing"]), "mm above 0 for samples and lines")
        step = spacing[layout.along] * layout.stored[0]
        apart = spacing[1 - layout.along] * layout.stored[1]
        offset = next(iter(_numbers(header, "Offset")[layout.along :]), 0.0)
        from_the_face = offset == 0 or not layout.begins_far
        expect(from_the_face, "Offset", f"{offset:g} mm for lines that begin at the far end", "0")
        says["geometry"] = LinearGeometry(spread(apart * 1e-3, n_lines), start_depth=offset * 1e-3)
    # The samples' spacing gives their rate at the header's own speed of sound or, without one, the usual one.
    says["sampling_frequency"] = says.get("sound_speed", SOUND_SPEED) / (2 * step * 1e-3)
    return says


def _convex(header: Mapping[str, str], n_lines: int) -> ConvexGeometry:
    angle = _number(header, "LateralAngularSeparation")
    found = f"{angle:g} rad for {n_lines} lines"
    expect(0 < angle * n_lines <= 2 * math.pi, "LateralAngularSeparation", found,
           "above 0 and less than a full turn in total (radians, not degrees)")  # fmt: skip
    first = _number(header, "FirstSampleDistance")
    plausible = first == 0 or 1 <= first <= _LONGEST
    expect(plausible, "FirstSampleDistance", f"{first:g}", f"0, or 1 to {_LONGEST:g} mm from the apex")
    return ConvexGeometry(first * 1e-3, spread(angle, n_lines))


def _number(header: Mapping[str, str], name: str) -> float:
    values = _numbers(header, name)
    expect(len(values) == 1, name, repr(header[name]), "one number")
    return values[0]


def _numbers(header: Mapping[str, str], name: str) -> list[float]:
    text = header.get(name, "")
    try:
        values = [float(part) for part in text.split()]
    except ValueError:
        values = [math.nan]
    expect(all(map(math.isfinite, values)), name, repr(text), "finite numbers")
    return values
