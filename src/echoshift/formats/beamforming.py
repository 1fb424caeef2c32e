"""Channel data to IQ along lines, by zea's own pipeline. zea is an extra (`echoshift[zea]`) that only this module imports.

The pipeline is that of OpenH-RF's reference reconstructions: demodulation (of RF), delay and sum over the elements within
the f-number, sum over all transmits. The grid follows from the probe:

- Elements on an arc: polar around the arc's centre, over the elements, f-number 1.
- A flat probe of type `phased`: polar around the middle of its face, over the angles of its focused transmits, or over
  +-`HALF_SECTOR` if they have fewer than two angles. All elements (f-number 0), because an f-number would leave none
  for steep lines.
- Any other flat probe: linear, over the elements, f-number 1.

At f-number 1 a point's echoes leave and arrive within 26.6 degrees of an element's normal. So along the face its image
has frequencies up to 2 sin(26.6 degrees) per wavelength, which lines half a wavelength apart (of a phased array: half a
wavelength per aperture, in radians) resolve at all depths. That is more lines than most probes have elements. Samples are
a quarter of a wavelength apart, as is zea's default: the rate of IQ is then twice its centre frequency, more than the
bandwidth of any pulse. Depths reach from the first to the last recorded time.
"""

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats import named, one_line_errors
from echoshift.formats.channel_data import ChannelData, read_channel_data
from echoshift.formats.content import Content
from echoshift.formats.grid import geometry_of
from echoshift.formats.location import located
from echoshift.formats.recorded import Recorded, completed
from echoshift.formats.sidecar import read_sidecar
from echoshift.formats.zea import recognises
from echoshift.frame import PLAUSIBLE, SOUND_SPEED, RFFrame
from echoshift.geometry import expect

NAME = "zea HDF5, channel data"
HALF_SECTOR = np.pi / 4
"""In radians."""
FLAT = 1e-5
"""Elements within this distance of a plane, in metres, lie in it."""


def beamformed_frame(
    path: str | Path, sidecar: str | Path | None = None, overrides: Mapping[str, float] | None = None
) -> RFFrame:
    """Beamform one frame of channel data. Parameters and errors are those of `echoshift.formats.open_frame`.

    The speed of sound of a side-car or of `overrides` is the one that is used for beamforming.
    """
    file, selector = located(path)
    side = read_sidecar(file, Path(sidecar) if sidecar else None).model_copy(update=overrides or {})
    with named(path, file):
        expect(side.type is None, "type", repr(side.type), f"none: {NAME} says what its samples are")
        with Content.of(file) as content, one_line_errors(NAME):
            expect(recognises(content), "file", content.words, "channel data of zea 0.1 or later")
            data = read_channel_data(content.hdf5, selector)
        in_file = data.scan.get("sound_speed", SOUND_SPEED)
        speed = float(in_file if side.sound_speed is None else side.sound_speed)
        with one_line_errors(NAME):
            recorded = beamformed(data, speed)
        return completed(recorded, side, Path(path).name, NAME)


def beamformed(data: ChannelData, sound_speed: float) -> Recorded:
    """IQ of one frame at a speed of sound in m/s, at baseband: 0 Hz is the centre of the received band."""
    frequency, rate = (float(data.scan[name]) for name in ("demodulation_frequency", "sampling_frequency"))
    for name, value in zip(PLAUSIBLE, (rate, frequency, sound_speed), strict=True):
        low, high, unit = PLAUSIBLE[name]
        expect(low <= value <= high, name, f"{value:g}", f"{low:g} to {high:g} {unit}")
    n_transmits, n_samples, n_elements, n_channels = data.samples.shape
    sampled = n_channels == 2 or frequency < rate / 2
    expect(
        sampled, "sampling_frequency", f"{rate:g} Hz of RF", f"more than twice the centre frequency, {frequency:g} Hz"
    )
    grid = _grid(data, sound_speed, sound_speed / frequency)
    zea = _zea()
    parameters = zea.Parameters(
        **{**data.scan, **grid, "sound_speed": np.float32(sound_speed)},
        probe_geometry=data.elements,
        n_tx=n_transmits,
        n_ax=n_samples,
        n_el=n_elements,
    )
    demodulation = [zea.ops.Demodulate()] if n_channels == 1 else []
    pipeline = zea.Pipeline([*demodulation, zea.ops.Beamform()], with_batch_dim=False)
    inputs = pipeline.prepare_parameters(parameters)
    parts = pipeline(data=data.samples, return_numpy=True, **inputs)["data"]
    geometry, depth_step = geometry_of(parameters.grid[..., 2].T, parameters.grid[..., 0].T, "grid")
    # zea delays the carrier too. Taking it off leaves the baseband that EchoShift calls IQ.
    depths = geometry.start_depth + depth_step * np.arange(len(parts))
    samples = (parts[..., 0] + 1j * parts[..., 1]).T * np.exp(-4j * np.pi * frequency / sound_speed * depths)
    made = {"zea": zea.__version__, "keras_backend": zea.backend.keras.backend.backend(), "f_number": grid["f_number"]}
    notes = {**data.notes, "beamformed": {**made, "transmits": n_transmits, "elements": n_elements}}
    says = {"geometry": geometry, "center_frequency": frequency, "sound_speed": sound_speed}
    return Recorded(samples, says, notes, depth_step)


def _zea() -> ModuleType:
    """Import zea on JAX: it compiles, and its results on a CPU do not vary."""
    os.environ["KERAS_BACKEND"] = "jax"
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    os.environ.setdefault("ZEA_LOG_LEVEL", "ERROR")
    try:
        for name in ("zea.ops", "zea.backend"):
            import_module(name)
        return import_module("zea")
    except ImportError as error:
        reason = " ".join(str(error).split())[:100]
        raise EchoShiftError(f"zea: found {reason}, expected it installed: pip install 'echoshift[zea]'") from None


def _grid(data: ChannelData, sound_speed: float, wavelength: float) -> dict[str, Any]:
    """zea's parameters of the grid and the aperture for the probe."""
    x, y, z = data.elements.astype(np.float64).T
    expect(np.ptp(y) <= FLAT, "probe_geometry", "elements at several y", "all in one plane")
    expect(np.ptp(x) > 0, "probe_geometry", f"{x.size} elements at one x", "several")
    start = max(0.0, float(data.scan["initial_times"].min()))
    duration = data.samples.shape[1] / float(data.scan["sampling_frequency"])
    depths = (sound_speed / 2 * start, sound_speed / 2 * (start + duration))
    radius, f_number = 0.0, 1.0
    if np.abs(z).max() > FLAT:
        radius = _arc_radius(x, z)
        angles = np.arctan2(x, z + radius)
        kind, limits, extent = "polar", (angles.min(), angles.max()), radius * np.ptp(angles)
    elif data.probe == "phased":
        limits = _sector(data.scan)
        kind, extent, f_number = "polar", np.ptp(x) * (limits[1] - limits[0]), 0.0
    else:
        kind, limits, extent = "cartesian", (x.min(), x.max()), np.ptp(x)
    return {
        "grid_type": kind,
        "distance_to_apex": np.float32(radius),
        "polar_limits" if kind == "polar" else "xlims": tuple(map(float, limits)),
        "zlims": depths,
        "grid_size_x": int(np.ceil(extent / (wavelength / 2))) + 1,
        "grid_size_z": int(np.ceil((depths[1] - depths[0]) / (wavelength / 4))) + 1,
        "f_number": f_number,
    }


def _arc_radius(x: np.ndarray, z: np.ndarray) -> float:
    """Radius of the elements' arc, whose middle is the origin: x^2 + z^2 + 2 radius z = 0, by least squares."""
    radius = -(z * (x**2 + z**2)).sum() / (2 * (z**2).sum())
    pitch = np.median(np.hypot(np.diff(x), np.diff(z)))
    on_arc = radius > 0 and np.abs(np.hypot(x, z + radius) - radius).max() <= pitch / 2
    found = "elements neither on a line at z = 0 nor on an arc with its middle at the origin"
    expect(on_arc, "probe_geometry", found, "one of them")
    return float(radius)


def _sector(scan: Mapping[str, np.ndarray]) -> tuple[float, float]:
    """Angles of a phased array's first and last line, in radians."""
    angles = scan["polar_angles"][(scan["focus_distances"] > 0) & np.isfinite(scan["focus_distances"])]
    return (angles.min(), angles.max()) if np.unique(angles).size > 1 else (-HALF_SECTOR, HALF_SECTOR)
