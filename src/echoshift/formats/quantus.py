"""Verasonics recordings as QuantUS reads them: `RFmig` and a struct `param`."""

from pathlib import Path

from echoshift.formats.content import Content
from echoshift.formats.matlab import read_variables, struct
from echoshift.formats.recorded import Recorded
from echoshift.formats.values import frame_of, number, speed_of, step, vector
from echoshift.geometry import ConvexGeometry, expect

NAME = "QuantUS Verasonics .mat"
_SAME_RADIUS = 1e-3
"""Distance, in metres, by which the first sample may lie in front of the face."""


def recognises(content: Content) -> bool:
    """Whether the file has the variables `RFmig` and `param`."""
    return {"RFmig", "param"} <= content.variables


def read(path: Path, selector: str | None) -> Recorded:
    """Read one frame of `RFmig` [samples, lines] or [samples, lines, frames].

    Parameters
    ----------
    path : Path
        Has `param.theta` (rad), `r` (m, from the apex if it begins at the probe's radius, else from the face),
        `TransRadiusmm` (mm), `TWFrequency` (MHz), and optionally `fs` (Hz) and `c` (m/s).
    selector : str, optional
        Frame number, counted from 0, required if there are several.
    """
    held = read_variables(path, ("RFmig", "param"))
    param = struct(held.get("param"), "param")
    samples = frame_of(held.get("RFmig"), "RFmig", selector)
    r, theta = vector(param.get("r"), "param.r"), vector(param.get("theta"), "param.theta")
    expect(samples.shape == (theta.size, r.size), "RFmig", f"{samples.shape[1]} samples, {samples.shape[0]} lines",
           f"{r.size} and {theta.size}, the lengths of param.r and param.theta")  # fmt: skip
    depth_step = step(r, "param.r")
    radius = number(param.get("TransRadiusmm"), "param.TransRadiusmm") * 1e-3
    start_depth = max(r[0] - radius, 0.0) if r[0] >= radius - _SAME_RADIUS else r[0]
    says = {
        "center_frequency": number(param.get("TWFrequency"), "param.TWFrequency") * 1e6,
        **speed_of(param, "param", depth_step),
        "geometry": ConvexGeometry(radius, theta, start_depth=start_depth),
    }
    return Recorded(samples, says, depth_step=depth_step)
