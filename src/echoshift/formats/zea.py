"""zea files (0.1 and later): HDF5 with the position of every sample. Blosc compression requires the package `hdf5plugin`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats.content import Content
from echoshift.formats.grid import geometry_of
from echoshift.formats.recorded import Kind, Recorded
from echoshift.formats.selector import frame_number
from echoshift.formats.values import number
from echoshift.geometry import expect
from echoshift.storage.hdf5 import attribute, read_array

NAME = "zea HDF5"
_DATA = {"beamformed_data": "rf", "envelope_data": "envelope"}
"""Data that are read, and what they are. Of a track that has both, the first."""
_BLOSC = 32001
"""The filter's number in HDF5's registry."""


def recognises(content: Content) -> bool:
    """Whether the root has the version of zea that wrote the file."""
    return content.hdf5 is not None and "zea_version" in content.hdf5.attrs


def read(path: Path, selector: str | None) -> Recorded:
    """Read one frame of `beamformed_data` (RF, or IQ from its two channels), or else of `envelope_data`.

    Parameters
    ----------
    path : Path
    selector : str, optional
        `FRAME`, or `TRACK/FRAME` if several tracks hold such data, counted from 0.
    """
    with h5py.File(path, "r") as file:
        beamformed = tracks_with(file, *(f"{name}/values" for name in _DATA))
        if not beamformed:
            channels = "channel data alone (`echoshift import --beamform` reads it)"
            found = f"found {channels}" if tracks_with(file, "raw_data") else "not in the file"
            raise EchoShiftError(f"beamformed_data: {found}, expected it or envelope_data in tracks/track_0/data")
        track, frame = chosen_track(beamformed, selector)
        name = next(name for name in _DATA if f"data/{name}/values" in track)
        scan = track.get("scan", {})
        data = track[f"data/{name}"]
        samples, index = _samples(data, frame, _DATA[name])
        geometry, depth_step = geometry_of(*_places(data, index, samples.shape), "coordinates")
        says = {"geometry": geometry, **center_frequency(scan)}
        if "sound_speed" in scan:
            says["sound_speed"] = number(read_array(scan["sound_speed"]), "sound_speed")
        if "tgc_gain_curve" in scan:
            says["applied_gain"] = applied_gain(scan["tgc_gain_curve"])
        notes = {"zea_version": str(attribute(file, "zea_version")), "frame": index, "data": name}
    return Recorded(samples, says, notes, depth_step, _DATA[name])


def tracks_with(file: h5py.File, *data: str) -> dict[str, h5py.Group]:
    """The tracks that hold any of the data sets, by number. A file may hold its only track at the root."""
    tracks = {name.removeprefix("track_"): track for name, track in file.get("tracks", {"track_0": file}).items()}
    return {number_of: track for number_of, track in tracks.items() if any(f"data/{name}" in track for name in data)}


def chosen_track(tracks: Mapping[str, h5py.Group], selector: str | None) -> tuple[h5py.Group, str | None]:
    """The selected one of at least one track, and the rest of the selector."""
    if len(tracks) == 1 and "/" not in (selector or ""):
        return next(iter(tracks.values())), selector
    number_of, _, frame = (selector or "").partition("/")
    found = f"#{selector}" if selector else "several"
    expect(number_of in tracks, "track", found, f"TRACK/FRAME after #, TRACK one of {', '.join(tracks)}")
    return tracks[number_of], frame or None


def _samples(data: h5py.Group, selector: str | None, kind: Kind) -> tuple[np.ndarray, int]:
    """Samples (line, sample) of the selected frame, and its number."""
    values, is_envelope = data["values"], kind == "envelope"
    valid = len(values.shape) == 3 if is_envelope else len(values.shape) == 4 and values.shape[3] in (1, 2)
    expect(valid, "values", f"shape {values.shape}",
           "(frame, z, x)" if is_envelope else "(frame, z, x, channel) with 1 channel (RF) or 2 (IQ)")  # fmt: skip
    index = frame_number(selector, values.shape[0])
    with_filters(values)
    frame = read_array(values, index)
    if not is_envelope:
        frame = frame[..., 0] if frame.shape[2] == 1 else frame[..., 0] + 1j * frame[..., 1]
    return frame.T, index


def _places(data: h5py.Group, index: int, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """z and x (line, sample) of the samples. A file may store them once for all frames."""
    if "coordinates" not in data:
        raise EchoShiftError("coordinates: not in the file, expected the position of every sample")
    coordinates, grid = data["coordinates"], (*shape[::-1], 3)
    found = f"shape {coordinates.shape}"
    expect(coordinates.shape[-3:] == grid, "coordinates", found, f"{grid}, or this shape for each frame")
    with_filters(coordinates)
    places = read_array(coordinates, (index,) if coordinates.ndim == 4 else ())
    expect(not np.ptp(places[..., 1]) >= 1e-3, "coordinates", "samples at several y", "all in one plane")
    return places[..., 2].T, places[..., 0].T


def center_frequency(scan: Any) -> dict[str, float]:
    """Centre frequency of the received band. In harmonic imaging it differs from the transmitted `center_frequency`."""
    for name in ("demodulation_frequency", "center_frequency"):
        if name in scan:
            found = np.unique(read_array(scan[name]))
            expect(found.size == 1, name, f"{found.size} different values", "the same for all transmits")
            if found[0] != 0:
                return {"center_frequency": number(found, name)}
    return {}


def applied_gain(curve: h5py.Dataset) -> np.ndarray | None:
    """Applied gain in decibels. zea stores the factors by which the raw data were multiplied."""
    with_filters(curve)
    factors = np.asarray(read_array(curve), np.float64)
    valid = np.isfinite(factors).all() and (factors > 0).all()
    expect(valid, "tgc_gain_curve", "0, negative, NaN or infinite values", "factors above 0")
    return None if (factors == 1).all() else 20 * np.log10(factors)


def with_filters(dataset: h5py.Dataset) -> None:
    """Register Blosc with HDF5 if a dataset needs it."""
    properties = dataset.id.get_create_plist()
    used = {properties.get_filter(i)[0] for i in range(properties.get_nfilters())}
    if _BLOSC in used and not h5py.h5z.filter_avail(_BLOSC):
        try:
            import hdf5plugin  # noqa: F401 - registers the filters
        except ImportError:
            raise EchoShiftError(
                f"{dataset.name.rpartition('/')[2]}: found Blosc compression, expected the package hdf5plugin to be installed"
            ) from None
