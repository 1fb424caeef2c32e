"""MUST (MATLAB UltraSound Toolbox): beamformed `RF`, one line per element, and a struct `param` in SI units."""

from pathlib import Path

import numpy as np

from echoshift.formats.content import Content
from echoshift.formats.matlab import read_variables, struct
from echoshift.formats.recorded import Recorded
from echoshift.formats.values import frame_of, number
from echoshift.frame import SOUND_SPEED
from echoshift.geometry import ConvexGeometry, Geometry, LinearGeometry, expect, spread

NAME = "MUST .mat"
_SAME_NAMES = {"fs": "sampling_frequency", "fc": "center_frequency", "c": "sound_speed"}


def recognises(content: Content) -> bool:
    """Whether the file has the variables `RF` and `param`."""
    return {"RF", "param"} <= content.variables


def read(path: Path, selector: str | None) -> Recorded:
    """Read one frame of `RF` [samples, lines] or [samples, lines, frames], real or complex.

    Parameters
    ----------
    path : Path
        Has `param.fs`, `fc` and `pitch`, optionally `c` and `t0`, and a finite `radius` if the probe is convex.
    selector : str, optional
        Frame number, counted from 0, required if there are several.
    """
    held = read_variables(path, ("RF", "param"))
    param = struct(held.get("param"), "param")
    samples = frame_of(held.get("RF"), "RF", selector)
    says = {ours: number(param[theirs], f"param.{theirs}") for theirs, ours in _SAME_NAMES.items() if theirs in param}
    if "Nelements" in param:
        n_elements = number(param["Nelements"], "param.Nelements")
        expect(n_elements == len(samples), "RF", f"{len(samples)} lines", f"{n_elements:g}, one per element")
    start_time = number(param["t0"], "param.t0") if "t0" in param else 0.0
    geometry = _geometry(param, len(samples), start_time * says.get("sound_speed", SOUND_SPEED) / 2)
    return Recorded(samples, {"geometry": geometry, **says})


def _geometry(param: dict, n_lines: int, start_depth: float) -> Geometry:
    """Lines from the elements, normal to the face."""
    pitch = number(param.get("pitch"), "param.pitch")
    expect(0 < pitch < 0.01, "param.pitch", pitch, "0 to 0.01 m (not millimetres)")
    if "radius" not in param or np.isposinf(param["radius"]).all():
        return LinearGeometry(spread(pitch, n_lines), start_depth=start_depth)
    radius = number(param["radius"], "param.radius")
    expect(radius >= 0.001, "param.radius", radius, "at least 0.001 m, or Inf for a linear probe")
    spacing = 2 * np.arcsin(min(pitch / (2 * radius), 1.0))  # the pitch is a chord
    return ConvexGeometry(radius, spread(spacing, n_lines), start_depth=start_depth)
