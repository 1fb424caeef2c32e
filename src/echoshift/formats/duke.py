"""DukeUltrasound and MimickNet files of convex probes: baseband `iq` (r, theta) and a struct `acq_params`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.formats.content import Content
from echoshift.formats.matlab import read_variables, struct
from echoshift.formats.recorded import Recorded
from echoshift.formats.values import frame_of, number, speed_of, step, vector
from echoshift.geometry import ConvexGeometry, expect

NAME = "DukeUltrasound .mat"
_SAME_RADIUS = 1e-4
"""Tolerance, in metres, between two values of a sample's radius."""


def recognises(content: Content) -> bool:
    """Whether the file has the variables `iq` and `acq_params`."""
    return {"iq", "acq_params"} <= content.variables


def read(path: Path, selector: str | None) -> Recorded:
    """Read the frame.

    The centre frequency is `f0`. For harmonic images the file does not give the received band, so a side-car must.

    Parameters
    ----------
    path : Path
        With `acq_params.r` (m), `theta` (rad), `f0` and `fs` (of complex samples; Hz), `c` (m/s), and `apex`,
        `apex_coordinates` or `probe_radius` (m).
    selector : str, optional
        Frame number, counted from 0, required if there are several.
    """
    held = read_variables(path, ("iq", "acq_params"))
    param = struct(held.get("acq_params"), "acq_params")
    samples = frame_of(held.get("iq"), "iq", selector)
    expect(samples.dtype.kind == "c", "iq", f"type {samples.dtype}", "complex samples")
    r, theta = (vector(param.get(name), f"acq_params.{name}") for name in ("r", "theta"))
    expect(samples.shape == (theta.size, r.size), "iq", f"{samples.shape[1]} samples, {samples.shape[0]} lines",
           f"{r.size} and {theta.size}, the lengths of acq_params.r and theta")  # fmt: skip
    radii = _radii(param, r)
    depth_step = step(radii, "acq_params.r")
    # The face lies at the probe's radius if given, or else at r = 0.
    face = number(param["probe_radius"], "acq_params.probe_radius") if "probe_radius" in param else radii[0] - r[0]
    says: dict[str, Any] = {"geometry": ConvexGeometry(face, theta, start_depth=max(radii[0] - face, 0.0))}
    says |= speed_of(param, "acq_params", depth_step)
    harmonic = "harmonic" in param and number(param["harmonic"], "acq_params.harmonic") != 0
    if "f0" in param and not harmonic:
        says["center_frequency"] = number(param["f0"], "acq_params.f0")
    return Recorded(samples, says, {"harmonic": harmonic}, depth_step)


def _radii(param: Mapping[str, Any], r: np.ndarray) -> np.ndarray:
    """Distance of each sample from the apex, in metres. All values that the file gives must agree."""
    found: dict[str, np.ndarray] = {}
    if "apex" in param:
        found["apex"] = np.abs(r - number(param["apex"], "acq_params.apex"))
    if "apex_coordinates" in param:
        apex = vector(param["apex_coordinates"], "acq_params.apex_coordinates")
        expect(apex.size == 3, "acq_params.apex_coordinates", f"{apex.size} values", "x, y, z")
        found["apex_coordinates"] = np.abs(r - apex[2])
    if "probe_radius" in param:
        found["probe_radius"] = number(param["probe_radius"], "acq_params.probe_radius") + r
    expect(bool(found), "acq_params", "no apex, apex_coordinates or probe_radius", "one of them")
    (name, radii), *others = found.items()
    for other, values in others:
        expect(np.allclose(radii, values, rtol=0, atol=_SAME_RADIUS), f"acq_params.{name}",
               f"a first sample {radii[0]:.4g} m from the apex, but {values[0]:.4g} m according to {other}", "the same")  # fmt: skip
    return radii
