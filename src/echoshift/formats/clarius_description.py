"""The text files that a Clarius scanner writes next to its raw data.

The description is YAML except for the line `tgc`, which may hold a sequence of points like `{ 0.00mm, 30.00dB }`.
Numbers have units, such as `15 MHz`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from echoshift.errors import EchoShiftError
from echoshift.frame import SOUND_SPEED
from echoshift.geometry import ConvexGeometry, Geometry, LinearGeometry, expect

TYPES = {"RF": 2, "IQ": 4}
"""Bytes per sample."""
_UNITS = {
    "Hz": {"hz": 1.0, "khz": 1e3, "mhz": 1e6},
    "m": {"m": 1.0, "cm": 1e-2, "mm": 1e-3, "um": 1e-6, "µm": 1e-6, "μm": 1e-6},
    "degrees": {"°": 1.0, "deg": 1.0, "degrees": 1.0},
    "": {"": 1.0, "bytes": 1.0, "byte": 1.0},
}
_CURVE = re.compile(r"^tgc:(.*(?:\n[ \t-].*)*)", re.MULTILINE)
_POINT = re.compile(r"\{\s*([-\d.]+)\s*mm\s*,\s*([-\d.]+)\s*dB\s*\}")


@dataclass(frozen=True, eq=False)
class Description:
    """The content of a `.yml` file.

    Attributes
    ----------
    type : str
        RF or IQ.
    says : mapping
        Fields of a frame: sampling frequency, centre frequency, sound speed, and the geometry if the pitch is given.
    start_depth : float
        Depth of the first sample, in metres.
    curve : str
        The text of the gain curve, empty if there is none.
    """

    type: str
    says: Mapping[str, Any]
    start_depth: float
    curve: str


def read_description(path: Path, n_lines: int, n_samples: int, sample_bytes: int) -> Description:
    """Read a `.yml` file and check it against the raw data's header.

    Raises
    ------
    EchoShiftError
        One line with the key that is missing, invalid or inconsistent with the header.
    """
    text = _text(path)
    curve = _CURVE.search(text)
    try:
        content = yaml.safe_load(_CURVE.sub("", text))
    except yaml.YAMLError as error:
        raise EchoShiftError(f"description: not valid YAML ({' '.join(str(error).split())})") from None
    expect(isinstance(content, dict), "description", type(content).__name__, "keys and values")
    kind = str(content.get("type"))
    expect(kind in TYPES, "description: type", kind, " or ".join(TYPES))
    packed = str(content.get("compression", "none"))
    expect(packed == "none", "description: compression", packed, "none (unpack the data first)")
    size = content.get("size")
    expect(isinstance(size, dict), "description: size", size, "samples per line, number of lines, sample size")
    own = {"number of lines": n_lines, "samples per line": n_samples, "sample size": sample_bytes}
    for name, number in own.items():
        given = _quantity(size, name, "")
        expect(given == number, f"description: {name}", f"{given:g}", f"{number} as in the file's header")
    found = f"{kind} with {sample_bytes} bytes per sample"
    expect(sample_bytes == TYPES[kind], "description: type", found, f"{TYPES[kind]} bytes")
    sampling_frequency = _quantity(content, "sampling rate", "Hz")
    start_depth = _quantity(content, "delay samples", "") * SOUND_SPEED / (2 * sampling_frequency)
    says: dict[str, Any] = {
        "sampling_frequency": sampling_frequency,
        "center_frequency": _quantity(content, "transmit frequency", "Hz"),
        "sound_speed": SOUND_SPEED,
    }
    if (geometry := _geometry(content, n_lines, start_depth)) is not None:
        says["geometry"] = geometry
    return Description(kind, says, start_depth, curve[1].strip() if curve else "")


def applied_gain(described: Description, gain_file: Path | None, stamp: int, n_samples: int) -> np.ndarray | None:
    """Gain in dB applied to each sample of a frame, shape (sample,). The frame's own curve overrides the description's.

    Parameters
    ----------
    described : Description
    gain_file : Path or None
        Curves by time stamp. Frames that it does not list use the description's curve.
    stamp : int
        The frame's time stamp, in nanoseconds.
    n_samples : int
    """
    curve = described.curve
    if gain_file is not None:
        for entry in _text(gain_file).split("timestamp:")[1:]:
            if entry.split(maxsplit=1)[:1] == [str(stamp)] and "{" in entry:
                curve = entry
    if not curve:
        return None
    depths, gains = np.array(_POINT.findall(curve), dtype=float).reshape(-1, 2).T
    is_curve = depths.size > 0 and (np.diff(depths) > 0).all()
    expect(is_curve, "tgc", repr(curve[:60]), "points such as { 0.00mm, 30.00dB } of increasing depth")
    step = described.says["sound_speed"] / (2 * described.says["sampling_frequency"])
    return np.interp(1e3 * (described.start_depth + step * np.arange(n_samples)), depths, gains)


def _geometry(content: Mapping[str, Any], n_lines: int, start_depth: float) -> Geometry | None:
    """Geometry from the lines' elements. None without a pitch (older scanners), in which case a side-car must give it."""
    probe = content.get("probe") if isinstance(content.get("probe"), dict) else content
    if "pitch" not in probe:
        return None
    lines = content.get("lines")
    expect(isinstance(lines, list) and len(lines) == n_lines and all(isinstance(one, dict) for one in lines),
           "description: lines", f"{len(lines)} entries" if isinstance(lines, list) else lines,
           f"{n_lines}, one per line of the recording")  # fmt: skip
    element = np.array([_quantity(line, "rx element", "") for line in lines])
    steering = {_quantity(line, "angle", "degrees") if "angle" in line else 0.0 for line in lines}
    expect(len(steering) == 1, "description: angle", f"{len(steering)} different angles", "the same for all lines")
    middle = (_quantity(probe, "elements", "") - 1) / 2 if "elements" in probe else element[[0, -1]].mean()
    place = (element - middle) * _quantity(probe, "pitch", "m", bare=1e-6)
    radius = _quantity(probe, "radius", "m", bare=1e-3) if "radius" in probe else 0.0
    angle = np.deg2rad(steering.pop())
    if radius == 0:
        return LinearGeometry(place, steering=angle, start_depth=start_depth)
    expect(angle == 0, "description: angle", f"{np.degrees(angle):g} degrees", "0 for a convex probe")
    return ConvexGeometry(radius, place / radius, start_depth=start_depth)


def _quantity(content: Mapping[str, Any], name: str, unit: str, bare: float = 1.0) -> float:
    """A number in SI units (angles in degrees). `bare` is the factor for numbers without a unit, such as a pitch in um."""
    field, is_given = f"description: {name}", content.get(name) is not None
    expect(is_given, field, "nothing", f"a number in {unit}" if unit else "a number")
    found = re.fullmatch(r"\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*([^\d\s.]*)\s*", str(content[name]))
    factors = {"": bare, **_UNITS[unit]}
    try:
        value = float(found[1]) * factors[found[2].lower()]
    except (TypeError, ValueError, KeyError):
        known = ", ".join(name for name in _UNITS[unit] if name)
        expected = f"a number in {known}" if known else "a number"
        raise EchoShiftError(f"{field}: found {content[name]!r}, expected {expected}") from None
    if unit == "Hz":  # ambiguous without a unit
        expect(bool(found[2]), field, repr(content[name]), "a unit such as MHz")
        expect(value > 0, field, content[name], "above 0")
    expect(value >= 0 or unit == "degrees", field, content[name], "0 or more")
    return value


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise EchoShiftError(
            f"{path.name}: found bytes that are not UTF-8 text, expected the scanner's description"
        ) from None
