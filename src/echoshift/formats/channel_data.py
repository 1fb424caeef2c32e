"""Channel data (before beamforming) in zea files, as in OpenH-RF: one frame, and how it was transmitted and received."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats.selector import frame_number
from echoshift.formats.values import number
from echoshift.formats.zea import applied_gain, center_frequency, chosen_track, tracks_with, with_filters
from echoshift.geometry import expect
from echoshift.storage.hdf5 import attribute, read_array


@dataclass(frozen=True, eq=False)
class ChannelData:
    """One frame of channel data.

    Attributes
    ----------
    samples : ndarray of float32, (transmit, sample, element, channel)
        RF (1 channel) or IQ (2), without the gain over time that was applied. Elements that did not record are 0.
    scan : mapping of str to ndarray of float32
        zea's parameters of the acquisition. `demodulation_frequency` is the centre of the received band.
    elements : ndarray of float32, (element, 3)
        x, y and z of each element, in metres.
    probe : str
        zea's type of the probe, such as `phased`. Empty if the file does not say.
    notes : mapping
        Facts for the frame's metadata, as JSON values.
    """

    samples: np.ndarray
    scan: Mapping[str, np.ndarray]
    elements: np.ndarray
    probe: str
    notes: Mapping[str, Any]


def read_channel_data(file: h5py.File, selector: str | None) -> ChannelData:
    """Read the frame of `raw_data` that `FRAME` or `TRACK/FRAME` selects, counted from 0."""
    recorded = tracks_with(file, "raw_data")
    if not recorded:
        beamformed = "beamformed data alone, which is imported without --beamform"
        found = f"found {beamformed}" if tracks_with(file, "beamformed_data/values") else "not in the file"
        raise EchoShiftError(f"raw_data: {found}, expected channel data in tracks/track_0/data/raw_data")
    track, frame = chosen_track(recorded, selector)
    elements = _numbers(file, "probe/probe_geometry", (None, 3))
    raw, scan = track["data/raw_data"], track.get("scan", {})
    expect(raw.ndim == 5 and raw.shape[4] in (1, 2), "raw_data", f"shape {raw.shape}",
           "(frame, transmit, sample, element, channel) with 1 channel (RF) or 2 (IQ)")  # fmt: skip
    index = frame_number(frame, raw.shape[0])
    with_filters(raw)
    samples = np.asarray(read_array(raw, index), np.float32)
    parameters = _parameters(scan, samples.shape[0], len(elements))
    if "rx_aperture_indices" in scan:
        samples = _on_all_elements(samples, scan["rx_aperture_indices"], len(elements))
    expect(samples.shape[2] == len(elements), "raw_data", f"{samples.shape[2]} channels",
           f"{len(elements)}, one per element, or rx_aperture_indices")  # fmt: skip
    gain = applied_gain(scan["tgc_gain_curve"]) if "tgc_gain_curve" in scan else None
    if gain is not None:
        expect(gain.shape == samples.shape[1:2], "tgc_gain_curve", f"{gain.size} values", f"{samples.shape[1]}")
        samples = samples * np.float32(10 ** (-gain / 20))[:, None, None]
    kind = read_array(file["probe/type"]) if "probe/type" in file else b""
    notes = {"zea_version": str(attribute(file, "zea_version")), "frame": index}
    return ChannelData(samples, parameters, elements, bytes(kind).decode("utf-8", "replace"), notes)


def _parameters(scan: Mapping[str, h5py.Dataset], n_transmits: int, n_elements: int) -> dict[str, np.ndarray]:
    shapes = {
        "sampling_frequency": (),
        "initial_times": (n_transmits,),
        "t0_delays": (n_transmits, n_elements),
        "tx_apodizations": (n_transmits, n_elements),
        "focus_distances": (n_transmits,),
        "transmit_origins": (n_transmits, 3),
        "polar_angles": (n_transmits,),
    }
    found = {name: _numbers(scan, name, shape) for name, shape in shapes.items()}
    received = center_frequency(scan)
    if not received:
        raise EchoShiftError("center_frequency: not in the file, expected the frequency of the pulses in hertz")
    found["demodulation_frequency"] = np.float32(received["center_frequency"])
    found["center_frequency"] = found["demodulation_frequency"]
    if "center_frequency" in scan and np.any(read_array(scan["center_frequency"])):  # of the transmitted pulse
        found["center_frequency"] = np.float32(
            center_frequency({"center_frequency": scan["center_frequency"]})["center_frequency"]
        )
    if "sound_speed" in scan:
        found["sound_speed"] = np.float32(number(read_array(scan["sound_speed"]), "sound_speed"))
    if "waveforms_two_way" in scan:  # from which zea takes the time of the pulse's peak
        found["waveforms_two_way"] = _numbers(scan, "waveforms_two_way", (n_transmits, None))
    return found


def _numbers(group: Mapping[str, h5py.Dataset], path: str, shape: tuple[int | None, ...]) -> np.ndarray:
    """A required data set of real numbers, float32. None in the shape stands for any length. Distances may be infinite."""
    name = path.rpartition("/")[2]
    if path not in group:
        raise EchoShiftError(f"{name}: not in the file, expected it with the channel data")
    with_filters(group[path])
    values = np.asarray(read_array(group[path]))
    fits = values.ndim == len(shape) and all(n in (None, m) for n, m in zip(shape, values.shape, strict=True))
    expected = str(tuple("any" if n is None else n for n in shape)).replace("'", "")
    expect(
        fits and values.dtype.kind in "fiu",
        name,
        f"{values.dtype} of shape {values.shape}",
        f"numbers of shape {expected}",
    )
    valid = ~np.isnan(values) if name == "focus_distances" else np.isfinite(values)
    expect(valid.all(), name, "NaN or infinite values", "finite numbers")
    return values.astype(np.float32)


def _on_all_elements(samples: np.ndarray, indices: h5py.Dataset, n_elements: int) -> np.ndarray:
    """Channels of a receive aperture, moved to the elements that recorded them."""
    indices = np.asarray(read_array(indices))
    shape, found = (samples.shape[0], samples.shape[2]), f"{indices.dtype} of shape {indices.shape}"
    expect(
        indices.shape == shape and indices.dtype.kind in "iu",
        "rx_aperture_indices",
        found,
        f"integers of shape {shape}",
    )
    within = indices.size and indices.min() >= 0 and indices.max() < n_elements
    expect(within, "rx_aperture_indices", "elements that the probe does not have", f"0 to {n_elements - 1}")
    moved = np.zeros((*samples.shape[:2], n_elements, samples.shape[3]), np.float32)
    np.put_along_axis(moved, indices[:, None, :, None].astype(np.intp), samples, axis=2)
    return moved
