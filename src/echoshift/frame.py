"""RF frames of a convex probe and their native HDF5 file.

The file (`format` attribute "echoshift-rf", version 1) holds, each with a `units` attribute:

| dataset | shape | units |
|---|---|---|
| `samples` | (line, sample) float32 | 1 |
| `geometry/apex_radius`, `geometry/start_depth` | scalar | m |
| `geometry/angles` | (line,) | rad |
| `sampling_frequency`, `center_frequency` | scalar | Hz |
| `sound_speed` | scalar | m/s |
| `reference_level` | scalar | dB |
| `band_pass` (optional) | (2,) | Hz |
| `regions/NAME` (optional) | (vertex, 2): x, z | m |

and the JSON text attribute `metadata` with whatever the writer wants to remember (a simulated frame says so there).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.files import written_whole

FORMAT = "echoshift-rf"
FORMAT_VERSION = 1
PLAUSIBLE = {
    "sampling_frequency": (1e5, 1e9, "Hz (not MHz)"),
    "center_frequency": (1e5, 1e8, "Hz (not MHz)"),
    "sound_speed": (300.0, 6000.0, "m/s"),
}
"""What the numbers of a recording can be; anything else is in another unit."""

FEWEST_SAMPLES = 32


@dataclass(frozen=True, eq=False)
class ConvexGeometry:
    """Where the lines of a convex probe run; x = r sin(angle), z = r cos(angle) - apex_radius.

    Attributes
    ----------
    apex_radius : float
        Distance from the apex (where all lines meet) to the transducer's face, in metres.
    angles : ndarray, (line,)
        Angle of each line against the z axis, in radians, strictly increasing, within +-pi.
    start_depth : float
        Depth of the first sample below the face along the line, in metres.
    """

    apex_radius: float
    angles: np.ndarray
    start_depth: float = 0.0

    def __post_init__(self) -> None:
        angles = np.ascontiguousarray(self.angles, dtype=np.float64)
        _expect(0.001 <= self.apex_radius <= 1, "apex_radius", self.apex_radius, "0.001 to 1 m (not millimetres)")
        _expect(0 <= self.start_depth <= 1, "start_depth", self.start_depth, "0 to 1 m (not millimetres)")
        _expect(
            angles.ndim == 1 and angles.size >= 2, "angles", f"shape {angles.shape}", "at least 2 lines, shape (line,)"
        )
        _expect(np.isfinite(angles).all(), "angles", "NaN or infinite values", "finite radians")
        _expect((np.diff(angles) > 0).all(), "angles", "values that do not increase", "strictly increasing radians")
        widest = float(np.abs(angles).max())
        _expect(widest < np.pi, "angles", f"{widest:.4g}", "radians within +-pi (not degrees)")
        object.__setattr__(self, "angles", angles)
        object.__setattr__(self, "apex_radius", float(self.apex_radius))
        object.__setattr__(self, "start_depth", float(self.start_depth))


@dataclass(frozen=True, eq=False, kw_only=True)
class Acquisition:
    """All that is known about a recording but its samples.

    Attributes
    ----------
    geometry : ConvexGeometry
        Where the lines run.
    sampling_frequency : float
        Samples per second along a line, in hertz.
    center_frequency : float
        Centre frequency of the received band, in hertz; below half the sampling frequency.
    sound_speed : float
        Assumed speed of sound, in metres per second.
    reference_level : float
        Level, in decibels, subtracted from 20*log10(amplitude): puts recordings in other units on the absolute axis.
    band_pass : (float, float) or None
        Pass band applied to the samples before the envelope, in hertz.
    regions : mapping of str to ndarray, (vertex, 2)
        Named polygons (x, z), in metres, such as `liver` and `cortex`.
    metadata : mapping
        What the writer wants to remember, as JSON values.
    """

    geometry: ConvexGeometry
    sampling_frequency: float
    center_frequency: float
    sound_speed: float = 1540.0
    reference_level: float = 0.0
    band_pass: tuple[float, float] | None = None
    regions: Mapping[str, np.ndarray] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, (low, high, unit) in PLAUSIBLE.items():
            value = float(getattr(self, name))
            _expect(low <= value <= high, name, value, f"{low:g} to {high:g} {unit}")
            object.__setattr__(self, name, value)
        nyquist = self.sampling_frequency / 2
        _expect(self.center_frequency < nyquist, "center_frequency", self.center_frequency,
                f"below half the sampling frequency ({nyquist:g} Hz)")  # fmt: skip
        _expect(np.isfinite(self.reference_level), "reference_level", self.reference_level, "finite decibels")
        object.__setattr__(self, "reference_level", float(self.reference_level))
        if self.band_pass is not None:
            low, high = (float(value) for value in self.band_pass)
            _expect(0 < low < high < nyquist, "band_pass", (low, high), f"0 < low < high < {nyquist:g} Hz")
            object.__setattr__(self, "band_pass", (low, high))
        for name, polygon in self.regions.items():
            shape = np.shape(polygon)
            _expect(len(shape) == 2 and shape[0] >= 3 and shape[1] == 2, f"regions/{name}", f"shape {shape}",
                    "a polygon of shape (vertex, 2)")  # fmt: skip

    def depths(self, n_samples: int) -> np.ndarray:
        """Depth of each sample below the face along the line, in metres, shape (sample,)."""
        return self.geometry.start_depth + np.arange(n_samples) * self.sound_speed / (2 * self.sampling_frequency)

    def acquisition(self) -> dict[str, Any]:
        """The fields of `Acquisition` alone, as keyword arguments for a related frame."""
        return {name: getattr(self, name) for name in Acquisition.__dataclass_fields__}


@dataclass(frozen=True, eq=False)
class RFFrame(Acquisition):
    """One post-beamformed radio-frequency frame.

    Attributes
    ----------
    samples : ndarray, (line, sample)
        Echo amplitudes, float32, before any gain over depth.
    """

    samples: np.ndarray = field(kw_only=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "samples", checked_lines(self.samples, "samples", self.geometry))

    def save(self, path: str | Path) -> None:
        """Write the native HDF5 file (see the module's table), whole or not at all."""
        with written_whole(path) as draft, h5py.File(draft, "w") as file:
            file.attrs["format"] = FORMAT
            file.attrs["format_version"] = FORMAT_VERSION
            file.attrs["metadata"] = json.dumps(dict(self.metadata), sort_keys=True)
            for name, units, value in self._datasets():
                file.create_dataset(name, data=value, track_times=False).attrs["units"] = units

    def with_reference_level(self, reference_level: float | None) -> "RFFrame":
        """The same frame with another reference level in dB; None leaves its own."""
        return self if reference_level is None else replace(self, reference_level=reference_level)

    def _datasets(self) -> list[tuple[str, str, Any]]:
        datasets = [
            ("samples", "1", self.samples),
            ("geometry/apex_radius", "m", self.geometry.apex_radius),
            ("geometry/start_depth", "m", self.geometry.start_depth),
            ("geometry/angles", "rad", self.geometry.angles),
            ("sampling_frequency", "Hz", self.sampling_frequency),
            ("center_frequency", "Hz", self.center_frequency),
            ("sound_speed", "m/s", self.sound_speed),
            ("reference_level", "dB", self.reference_level),
        ]
        if self.band_pass is not None:
            datasets.append(("band_pass", "Hz", self.band_pass))
        datasets += [(f"regions/{name}", "m", polygon) for name, polygon in self.regions.items()]
        return datasets

    @classmethod
    def open(cls, path: str | Path) -> "RFFrame":
        """Read a native HDF5 file; anything wrong with it raises one `EchoShiftError` that names file and field."""
        path = Path(path)
        if not path.is_file():
            raise EchoShiftError(f"{path}: file not found, expected an {FORMAT} HDF5 file")
        try:
            with h5py.File(path, "r") as file:
                return cls._read(file)
        except EchoShiftError as error:
            raise EchoShiftError(f"{path}: {error}") from None
        except (OSError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise EchoShiftError(f"{path}: not a readable HDF5 file ({reason}), expected {FORMAT}") from None

    @classmethod
    def _read(cls, file: h5py.File) -> "RFFrame":
        found = (_text(file.attrs.get("format")), file.attrs.get("format_version"))
        if found != (FORMAT, FORMAT_VERSION):
            raise EchoShiftError(
                f"format: found {found[0]!r} version {found[1]}, expected {FORMAT!r} version {FORMAT_VERSION}"
            )
        try:
            metadata = json.loads(_text(file.attrs.get("metadata", "{}")))
        except (TypeError, ValueError):
            metadata = None
        if not isinstance(metadata, dict):
            raise EchoShiftError("metadata: found text that is not a JSON object, expected one")
        return cls(
            _dataset(file, "samples", "1"),
            geometry=ConvexGeometry(
                apex_radius=_scalar(file, "geometry/apex_radius", "m"),
                angles=_dataset(file, "geometry/angles", "rad"),
                start_depth=_scalar(file, "geometry/start_depth", "m"),
            ),
            sampling_frequency=_scalar(file, "sampling_frequency", "Hz"),
            center_frequency=_scalar(file, "center_frequency", "Hz"),
            sound_speed=_scalar(file, "sound_speed", "m/s"),
            reference_level=_scalar(file, "reference_level", "dB"),
            band_pass=_band(file) if "band_pass" in file else None,
            regions={name: _dataset(file, f"regions/{name}", "m") for name in file.get("regions", {})},
            metadata=metadata,
        )


@dataclass(frozen=True, eq=False)
class EnvelopeFrame(Acquisition):
    """A frame whose envelope has been taken: what is cached and what a reconstruction starts from.

    Attributes
    ----------
    envelope : ndarray, (line, sample)
        Magnitude of the analytic signal of each line, float32, not compensated.
    """

    envelope: np.ndarray = field(kw_only=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "envelope", checked_lines(self.envelope, "envelope", self.geometry))

    @cached_property
    def sample_depths(self) -> np.ndarray:
        """Depth of each sample below the face along the line, in metres, shape (sample,)."""
        return self.depths(self.envelope.shape[1])


def checked_lines(values: np.ndarray, name: str, geometry: ConvexGeometry) -> np.ndarray:
    """Return `values` as contiguous float32 (line, sample), or say what is wrong with them."""
    values = np.asarray(values)
    _expect(values.ndim == 2, name, f"{values.ndim} dimensions", "2: (line, sample)")
    _expect(values.dtype.kind in "fiu", name, f"type {values.dtype}", "real numbers")
    n_lines = geometry.angles.size
    _expect(values.shape[0] == n_lines, name, f"{values.shape[0]} lines", f"{n_lines}, as many as angles")
    found = f"{values.shape[1]} samples a line"
    _expect(values.shape[1] >= FEWEST_SAMPLES, name, found, f"at least {FEWEST_SAMPLES} (is the frame transposed?)")
    values = np.ascontiguousarray(values, dtype=np.float32)
    n_bad = int(values.size - np.isfinite(values).sum())
    _expect(n_bad == 0, name, f"{n_bad} NaN or infinite values", "finite amplitudes")
    return values


def _expect(holds: bool, field_name: str, found: object, expected: str) -> None:
    if not holds:
        raise EchoShiftError(f"{field_name}: found {found}, expected {expected}")


def _dataset(file: h5py.File, name: str, units: str) -> np.ndarray:
    if not isinstance(file.get(name), h5py.Dataset):
        raise EchoShiftError(f"{name}: not in the file, expected a dataset in units {units!r}")
    found = _text(file[name].attrs.get("units"))
    _expect(found == units, f"{name} units", repr(found), repr(units))
    if file[name].dtype.kind not in "fiu":
        raise EchoShiftError(f"{name}: found type {file[name].dtype}, expected real numbers")
    return file[name][()]


def _text(value: object) -> object:
    """Text attributes as Python's; other writers than h5py store bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _scalar(file: h5py.File, name: str, units: str) -> float:
    value = np.asarray(_dataset(file, name, units))
    _expect(value.size == 1 and value.dtype.kind in "fiu", name, f"shape {value.shape} of {value.dtype}", "one number")
    return float(value.reshape(()))


def _band(file: h5py.File) -> tuple[float, float]:
    value = np.asarray(_dataset(file, "band_pass", "Hz"))
    _expect(value.shape == (2,), "band_pass", f"shape {value.shape}", "two frequencies")
    return float(value[0]), float(value[1])
