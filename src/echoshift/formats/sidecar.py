"""The YAML file next to a recording, `NAME.yaml`, which adds or corrects fields of the recording."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from echoshift.formats.location import sidecar_of
from echoshift.formats.made_with import Displayed
from echoshift.formats.yaml_file import read_yaml
from echoshift.geometry import ConvexGeometry, Geometry, LinearGeometry, expect, spread
from echoshift.validation import Finite, Strict, checked

SAME = {"start_depth": 1e-4, "steering": 5e-3}
"""Largest difference (m, rad) between a file's value and its side-car's that is no contradiction."""


class SideCarGeometry(Strict):
    """Lines evenly spaced around the z axis, or with an angle (convex) or position (linear) for each line."""

    kind: Literal["convex", "linear"] = "convex"
    start_depth: Finite | None = Field(None, description="m; default: the file's, or else 0")
    apex_radius: Finite | None = Field(None, description="m; convex; 0 for a phased array")
    angles: list[Finite] | None = Field(None, description="rad, one per line; convex")
    positions: list[Finite] | None = Field(None, description="m, one per line; linear")
    steering: Finite | None = Field(None, description="rad; linear; default: the file's, or else 0")
    line_spacing: Finite | None = Field(
        None, gt=0, description="between neighbouring lines; rad (convex) or m (linear)"
    )

    def made(self, n_lines: int, along: Mapping[str, float]) -> Geometry:
        """The geometry for a number of lines, whose start depth and steering the file may give."""
        lines, other = ("angles", "positions") if self.kind == "convex" else ("positions", "angles")
        expect(getattr(self, other) is None, f"geometry.{other}", f"with kind {self.kind}", lines)
        values = getattr(self, lines)
        one_of_two = (self.line_spacing is None) != (values is None)
        expect(one_of_two, "geometry", f"both or neither of line_spacing and {lines}", "one of them")
        if self.line_spacing is not None:
            within_a_turn = self.kind == "linear" or self.line_spacing * n_lines <= 2 * np.pi
            expect(within_a_turn, "geometry.line_spacing", f"{self.line_spacing:g} rad for {n_lines} lines",
                   "less than a full turn in total (radians, not degrees; is the frame transposed?)")  # fmt: skip
            values = spread(self.line_spacing, n_lines)
        expect(len(values) == n_lines, f"geometry.{lines}", f"{len(values)} values", f"{n_lines}, one per line")
        start_depth, steering = (self._agreed(name, along.get(name)) for name in ("start_depth", "steering"))
        if self.kind == "linear":
            return LinearGeometry(values, steering=steering, start_depth=start_depth)
        steered = f"convex for lines steered by {np.degrees(steering):g} degrees"
        expect(steering == 0, "geometry.kind", steered, "linear")
        expect(self.apex_radius is not None, "geometry.apex_radius", "none", "metres (0 for a phased array)")
        return ConvexGeometry(self.apex_radius, values, start_depth=start_depth)

    def _agreed(self, name: str, found: float | None) -> float:
        """The side-car's value or else the file's, or 0 if neither has one. They must not contradict each other."""
        said = getattr(self, name)
        if said is None or found is None:
            return said or found or 0.0
        field, agrees = f"geometry.{name}", abs(said - found) <= SAME[name]
        expect(agrees, field, f"{said:g} in the side-car", f"{found:.6g} as in the file")
        return found


class SideCar(Strict):
    """Fields of a frame, and the type of its samples. Omitted ones come from the recording's own file."""

    type: str | None = Field(None, description="of the file's samples, in place of the type that it states")
    geometry: SideCarGeometry | None = None
    sampling_frequency: Finite | None = Field(None, description="Hz")
    center_frequency: Finite | None = Field(None, description="Hz")
    sound_speed: Finite | None = Field(None, description="m/s; default 1540")
    reference_level: Finite | None = Field(None, description="dB; default 0")
    band_pass: tuple[Finite, Finite] | None = Field(None, description="Hz")
    recorded: Displayed | None = Field(None, description="what lines of grey levels were made with")
    applied_gain: list[Finite] | None = Field(None, description="dB that each sample of a line already has")

    def fields(self, n_lines: int, along: Mapping[str, float]) -> dict[str, Any]:
        """The given fields of a frame with a number of lines, by name. `along`: see `SideCarGeometry.made`."""
        said = {name: value for name, value in self if value is not None and name not in ("type", "recorded")}
        return said if self.geometry is None else {**said, "geometry": self.geometry.made(n_lines, along)}


def read_sidecar(path: Path, sidecar: Path | None = None) -> SideCar:
    """Read a recording's side-car. Returns an empty one if there is none.

    Parameters
    ----------
    path : Path
        The recording.
    sidecar : Path, optional
        The side-car, if it is not `sidecar_of(path)`. It must exist.
    """
    found = sidecar or sidecar_of(path)
    return checked(SideCar, read_yaml(found, required=sidecar is not None), str(found))
