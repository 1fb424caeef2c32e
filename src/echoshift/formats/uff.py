"""UFF files of the UltraSound ToolBox (USTB), written by MATLAB or pyuff: `uff.beamformed_data` on a sector or linear scan."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats.content import Content
from echoshift.formats.grid import geometry_of
from echoshift.formats.recorded import Recorded
from echoshift.formats.selector import frame_number
from echoshift.formats.values import number, vector
from echoshift.geometry import expect
from echoshift.storage.hdf5 import attribute, read_array

NAME = "UFF (USTB)"
_AXES = {"uff.sector_scan": ("azimuth_axis", "depth_axis"), "uff.linear_scan": ("x_axis", "z_axis")}
"""Names of the axes across and along the lines, by scan class."""


def recognises(content: Content) -> bool:
    """Whether the root holds objects of USTB's classes."""
    return content.hdf5 is not None and any(_class(content.hdf5[name]).startswith("uff") for name in content.hdf5)


def read(path: Path, selector: str | None) -> Recorded:
    """Read one frame of beamformed data: real RF, complex baseband or analytic.

    Parameters
    ----------
    path : Path
    selector : str, optional
        `FRAME`, or `FRAME,WAVE,CHANNEL` if waves or channels are not compounded, counted from 0. Prefixed with `NAME/` if
        the file holds several objects of beamformed data.
    """
    with h5py.File(path, "r") as file:
        name, numbers = _object(file, selector)
        beamformed = file[name]
        scan = _member(beamformed, "scan")
        kind = _class(scan)
        expect(kind in _AXES, "scan class", repr(kind), f"one of {', '.join(_AXES)}")
        across, along = (vector(_values(_member(scan, axis)), f"scan/{axis}") for axis in _AXES[kind])
        shape = (across.size, along.size)
        pixels, chosen_numbers = _pixels(_member(beamformed, "data"), across.size * along.size, numbers)
        z, x = (vector(_values(_member(scan, axis)), f"scan/{axis}") for axis in ("z", "x"))
        order = _order(z, x, across, along, kind)
        geometry, depth_step = geometry_of(_laid(z, shape, order), _laid(x, shape, order), "scan")
        samples = _laid(pixels, shape, order)
        says = {"geometry": geometry, **_center_frequency(beamformed, samples)}
        notes = {"object": name, **chosen_numbers}
    return Recorded(samples, says, notes, depth_step)


def _class(node: Any) -> str:
    return str(attribute(node, "class", ""))


def _member(group: h5py.Group, name: str) -> Any:
    expect(isinstance(group, h5py.Group), name, "no enclosing group", "one")
    if name not in group:
        raise EchoShiftError(f"{group.name.strip('/')}/{name}: not in the file, expected it")
    return group[name]


def _object(file: h5py.File, selector: str | None) -> tuple[str, str | None]:
    """Name of the selected beamformed data, and the rest of the selector."""
    held = [name for name in file if _class(file[name]) == "uff.beamformed_data"]
    found = ", ".join(sorted({_class(file[name]) or "no class" for name in file}))
    expect(bool(held), "beamformed data", found, "uff.beamformed_data")
    name, slash, numbers = (selector or "").rpartition("/")
    if not slash and len(held) == 1:
        return held[0], selector
    if not slash:  # only a name
        name, numbers = numbers, ""
    found = f"#{selector}" if selector else f"{len(held)} objects"
    expect(name in held, "beamformed data", found, f"NAME/FRAME after #, NAME one of {', '.join(held)}")
    return name, numbers or None


def _values(node: Any) -> np.ndarray:
    """A numeric field. MATLAB stores complex fields as groups of two parts."""
    if isinstance(node, h5py.Group):
        return read_array(_member(node, "real")) + 1j * read_array(_member(node, "imag"))
    return read_array(node)


def _pixels(node: Any, n_pixels: int, selector: str | None) -> tuple[np.ndarray, dict[str, int]]:
    """Values of all pixels of one frame, shape (pixel,), and the numbers of frame, wave and channel.

    pyuff writes [pixel, channel, wave, frame] and MATLAB the reverse, both without trailing axes of length 1.
    """
    parts = [_member(node, "real"), _member(node, "imag")] if isinstance(node, h5py.Group) else [node]
    shape = parts[0].shape
    alike = all(part.shape == shape for part in parts)
    expect(alike, "data", "real and imaginary parts of different shapes", "the same")
    ends = [axis for axis in {0, len(shape) - 1} if shape and shape[axis] == n_pixels]
    lengths = shape[1:] if 0 in ends else shape[::-1][1:]
    expect(0 < len(shape) <= 4 and ends and (len(ends) == 1 or len(shape) == 1), "data", f"shape {shape}",
           f"[pixel, channel, wave, frame] or its reverse with {n_pixels} pixels, as in the scan")  # fmt: skip
    channel, wave, frame = (*lengths, *(1,) * (3 - len(lengths)))
    numbers = selector.split(",") if selector is not None else []
    expect(len(numbers) <= 3, "frame", f"#{selector}", "FRAME or FRAME,WAVE,CHANNEL")
    numbers += [None] * (3 - len(numbers))
    picked = {
        what: frame_number(which, n, what)
        for what, which, n in zip(("frame", "wave", "channel"), numbers, (frame, wave, channel), strict=True)
    }
    index = (slice(None), picked["channel"], picked["wave"], picked["frame"])[: len(shape)]
    index = index if 0 in ends else index[::-1]
    values = [np.asarray(read_array(part, index)) for part in parts]
    return (values[0] if len(values) == 1 else values[0] + 1j * values[1]), picked


def _order(z: np.ndarray, x: np.ndarray, across: np.ndarray, along: np.ndarray, kind: str) -> str:
    """Whether consecutive pixels follow each other in depth (`F`, MATLAB) or across (`C`, pyuff)."""
    shape, n_pixels = (across.size, along.size), across.size * along.size
    for axis, values in (("z", z), ("x", x)):
        expect(values.size == n_pixels, f"scan/{axis}", f"{values.size} values", f"{n_pixels}, one per pixel")
    direction = across[:, None] if kind == "uff.sector_scan" else 0.0
    steps = np.diff(along)
    slack = 0.05 * np.abs(steps).max()
    fits = []
    for order in ("F", "C"):
        down, aside = (np.diff(_laid(values, shape, order), axis=1) for values in (z, x))
        strayed = np.hypot(down - steps * np.cos(direction), aside - steps * np.sin(direction))
        if (strayed <= slack).all():
            fits.append(order)
    expect(len(fits) == 1, "scan/x, scan/z", f"positions in {'both orders' if fits else 'no order'} of the axes {', '.join(_AXES[kind])}",
           "all pixels, depth fastest or lateral fastest")  # fmt: skip
    return fits[0]


def _laid(pixels: np.ndarray, shape: tuple[int, int], order: str) -> np.ndarray:
    """Pixels (pixel,) as (line, sample)."""
    return pixels.reshape(shape) if order == "F" else pixels.reshape(shape[::-1]).T


def _center_frequency(beamformed: h5py.Group, samples: np.ndarray) -> dict[str, float]:
    modulation = beamformed.get("modulation_frequency")
    found = number(_values(modulation), "modulation_frequency") if modulation is not None else 0.0
    if found != 0:
        expect(samples.dtype.kind == "c", "modulation_frequency", f"{found} for real data", "complex data, or 0")
        return {"center_frequency": found}
    pulse = beamformed.get("pulse/center_frequency")
    return {} if pulse is None else {"center_frequency": number(_values(pulse), "pulse/center_frequency")}
