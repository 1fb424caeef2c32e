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
from echoshift.geometry import expect

GREY = "B pre-scan"
TYPES = {"RF": 2, "IQ": 4, GREY: 1}
"""Bytes per sample. "B pre-scan" are grey levels on the lines, log-compressed by the scanner."""
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
        One of `TYPES`.
    says : mapping
        Fields of a frame: sampling frequency, centre frequency and sound speed.
    start_depth : float
        Depth of the first sample, in metres.
    content : mapping
        All keys and values, of which `echoshift.formats.clarius_lines` reads lines and probe.
    curve : str
        The text of the gain curve, empty if there is none.
    """

    type: str
    says: Mapping[str, Any]
    start_depth: float
    content: Mapping[str, Any]
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
        given = quantity(size, name, "")
        expect(given == number, f"description: {name}", f"{given:g}", f"{number} as in the file's header")
    found = f"{kind} with {sample_bytes} bytes per sample"
    expect(sample_bytes == TYPES[kind], "description: type", found, f"{TYPES[kind]} bytes")
    sampling_frequency = quantity(content, "sampling rate", "Hz")
    start_depth = quantity(content, "delay samples", "") * SOUND_SPEED / (2 * sampling_frequency)
    says = {
        "sampling_frequency": sampling_frequency,
        "center_frequency": quantity(content, "transmit frequency", "Hz"),
        "sound_speed": SOUND_SPEED,
    }
    return Description(kind, says, start_depth, content, curve[1].strip() if curve else "")


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


def quantity(content: Mapping[str, Any], name: str, unit: str, bare: float = 1.0) -> float:
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
