"""Geometry of a probe's lines, and the mapping between points and positions on the lines.

A geometry describes the lines only. The frame defines the samples along them. Coordinates are in metres: x along the
face and z away from it, with the origin in the middle of the face.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from echoshift.errors import EchoShiftError

STEEPEST = np.deg2rad(80)
"""Largest steering angle from the face's normal. Lines nearly parallel to the face do not image the tissue below it."""


def expect(holds: bool, field_name: str, found: object, expected: str) -> None:
    """Raise a one-line `EchoShiftError` unless `holds` is true."""
    if not holds:
        raise EchoShiftError(f"{field_name}: found {found}, expected {expected}")


@dataclass(frozen=True, eq=False)
class ConvexGeometry:
    """Lines from an apex behind the face, or on it (a phased array): x = r sin(angle), z = r cos(angle) - apex_radius.

    Attributes
    ----------
    apex_radius : float
        Distance from the apex to the transducer's face, in metres. 0 for a phased array.
    angles : ndarray, (line,)
        Angle between each line and the z axis, in radians, strictly increasing, within +-pi.
    start_depth : float
        Depth of the first sample below the face along the line, in metres.
    """

    KIND: ClassVar[str] = "convex"
    LINES: ClassVar[str] = "angles"
    """The field with one value per line."""
    UNITS: ClassVar[Mapping[str, str]] = {"apex_radius": "m", "angles": "rad", "start_depth": "m"}

    apex_radius: float
    angles: np.ndarray
    start_depth: float = 0.0

    def __post_init__(self) -> None:
        radius = float(self.apex_radius)
        plausible = radius == 0 or 0.001 <= radius <= 1
        expect(plausible, "apex_radius", self.apex_radius, "0, or 0.001 to 1 m (not millimetres)")
        _set(self, "apex_radius", radius)
        _set(self, "start_depth", _start_depth(self.start_depth))
        _set(self, "angles", _increasing(self.angles, "angles", "radians"))
        widest = float(np.abs(self.angles).max())
        expect(widest < np.pi, "angles", f"{widest:.4g}", "radians within +-pi (not degrees)")

    @property
    def n_lines(self) -> int:
        return self.angles.size

    @property
    def words(self) -> str:
        first, last = np.degrees(self.angles[[0, -1]])
        convex = f"convex, apex radius {self.apex_radius * 1e3:.2f} mm"
        return f"{convex if self.apex_radius else 'phased, apex in the face'}, {first:.2f} to {last:.2f} degrees"

    def bounding_box(self, last_depth: float) -> tuple[float, float, float, float]:
        """Smallest box around the sector from the face to a depth along the lines: z_min, z_max, x_min, x_max, in metres."""
        first, last = self.angles[0], self.angles[-1]
        # A sector's extremes lie at multiples of 90 degrees or at the outermost lines.
        turns = np.array([-np.pi / 2, 0.0, np.pi / 2])
        angles = np.concatenate([[first, last], turns[(turns > first) & (turns < last)]])
        radii = np.array([[self.apex_radius], [self.apex_radius + last_depth]])
        z = radii * np.cos(angles) - self.apex_radius
        x = radii * np.sin(angles)
        return float(z.min()), float(z.max()), float(x.min()), float(x.max())

    def locate(self, z: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Line position (see `line_position`) and depth along the line, in metres, of each point."""
        down = z + self.apex_radius
        return line_position(self.angles, np.arctan2(x, down)), np.hypot(down, x) - self.apex_radius

    def points(self, line: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """z and x, in metres, for line positions and depths along them. This is the inverse of `locate`."""
        angle, r = np.interp(line, np.arange(self.n_lines), self.angles), self.apex_radius + depth
        return r * np.cos(angle) - self.apex_radius, r * np.sin(angle)


@dataclass(frozen=True, eq=False)
class LinearGeometry:
    """Parallel lines from a flat face: x = position + d sin(steering), z = d cos(steering).

    Attributes
    ----------
    positions : ndarray, (line,)
        Start of each line on the face, in metres, strictly increasing.
    steering : float
        Angle between all lines and the z axis, in radians. Positive angles point towards larger x.
    start_depth : float
        Depth of the first sample below the face along the line, in metres.
    """

    KIND: ClassVar[str] = "linear"
    LINES: ClassVar[str] = "positions"
    UNITS: ClassVar[Mapping[str, str]] = {"positions": "m", "steering": "rad", "start_depth": "m"}

    positions: np.ndarray
    steering: float = 0.0
    start_depth: float = 0.0

    def __post_init__(self) -> None:
        _set(self, "positions", _increasing(self.positions, "positions", "metres"))
        widest = float(np.abs(self.positions).max())
        expect(widest <= 1, "positions", f"{widest:.4g}", "metres within +-1 (not millimetres)")
        _set(self, "start_depth", _start_depth(self.start_depth))
        steering = float(self.steering)
        expect(abs(steering) <= STEEPEST, "steering", self.steering, f"radians within +-{STEEPEST:.4g} (not degrees)")
        _set(self, "steering", steering)

    @property
    def n_lines(self) -> int:
        return self.positions.size

    @property
    def words(self) -> str:
        first, last = self.positions[[0, -1]] * 1e3
        steered = f", steered by {np.degrees(self.steering):.2f} degrees" if self.steering else ""
        return f"linear, {first:.2f} to {last:.2f} mm{steered}"

    def bounding_box(self, last_depth: float) -> tuple[float, float, float, float]:
        """Smallest box around the image from the face to a depth along the lines: z_min, z_max, x_min, x_max, in metres."""
        shift = last_depth * np.sin(self.steering)
        left, right = self.positions[0], self.positions[-1]
        return 0.0, float(last_depth * np.cos(self.steering)), float(left + min(shift, 0)), float(right + max(shift, 0))

    def locate(self, z: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Line position (see `line_position`) and depth along the line, in metres, of each point."""
        depth = z / np.cos(self.steering)
        return line_position(self.positions, x - depth * np.sin(self.steering)), depth

    def points(self, line: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """z and x, in metres, for line positions and depths along them. This is the inverse of `locate`."""
        begin = np.interp(line, np.arange(self.n_lines), self.positions)
        return depth * np.cos(self.steering), begin + depth * np.sin(self.steering)


Geometry = ConvexGeometry | LinearGeometry
GEOMETRIES = {geometry.KIND: geometry for geometry in (ConvexGeometry, LinearGeometry)}


def geometry_fields(geometry: Geometry) -> dict[str, Any]:
    """The fields of a geometry as keyword arguments of its class, without `kind`."""
    return {name: getattr(geometry, name) for name in geometry.UNITS}


def spread(spacing: float, n_lines: int) -> np.ndarray:
    """Angles or positions of evenly spaced lines centred on 0, shape (line,)."""
    return spacing * (np.arange(n_lines) - (n_lines - 1) / 2)


def line_position(lines: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Fractional line index of an angle or a position on the face: i + w between lines i and i+1, extrapolated beyond the ends.

    Parameters
    ----------
    lines : ndarray, (line,)
        Increasing angles (rad) or positions (m). The spacing may be uneven.
    value : ndarray, any shape
        Angles or positions in the same unit.

    Returns
    -------
    ndarray of float64, the shape of `value`
    """
    before = np.clip(np.searchsorted(lines, value, side="right") - 1, 0, lines.size - 2)
    return before + (value - lines[before]) / (lines[before + 1] - lines[before])


def _set(instance: object, name: str, value: object) -> None:
    object.__setattr__(instance, name, value)


def _start_depth(value: float) -> float:
    expect(0 <= value <= 1, "start_depth", value, "0 to 1 m (not millimetres)")
    return float(value)


def _increasing(values: np.ndarray, name: str, unit: str) -> np.ndarray:
    values = np.ascontiguousarray(values, dtype=np.float64)
    expect(values.ndim == 1 and values.size >= 2, name, f"shape {values.shape}", "at least 2 lines, shape (line,)")
    expect(np.isfinite(values).all(), name, "NaN or infinite values", f"finite {unit}")
    expect((np.diff(values) > 0).all(), name, "values that do not increase", f"strictly increasing {unit}")
    return values
