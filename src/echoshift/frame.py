"""RF frames, envelope frames and their native HDF5 file.

The file (`format` attribute "echoshift-rf", version 3) holds these datasets, each with a `units` attribute:

| dataset | shape | units |
|---|---|---|
| `samples` | (line, sample) float32, or complex64 for IQ or analytic samples | 1 |
| or `envelope` | (line, sample) float32, of a frame recorded after envelope detection | 1 |
| `geometry/...` | fields of the geometry named by the group's `kind` attribute, see `echoshift.geometry` | |
| convex: `geometry/apex_radius`, `geometry/start_depth` | scalar | m |
| convex: `geometry/angles` | (line,) | rad |
| linear: `geometry/positions` | (line,) | m |
| linear: `geometry/steering` | scalar | rad |
| linear: `geometry/start_depth` | scalar | m |
| `sampling_frequency`, `center_frequency` | scalar | Hz |
| `sound_speed` | scalar | m/s |
| `reference_level` | scalar | dB |
| `band_pass` (optional) | (2,) | Hz |
| `applied_gain` (optional) | (sample,) | dB |
| `regions/NAME` (optional) | (vertex, 2): x, z | m |

The attribute `metadata` is a JSON object with any further facts, for example that a frame is simulated.
Files of earlier versions are also readable. Neither has an `envelope`. Version 1 has only convex geometries and no
attribute `kind`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import h5py
import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.geometry import GEOMETRIES, Geometry, expect, geometry_fields
from echoshift.storage.files import written_whole
from echoshift.storage.hdf5 import attribute, read_array

FORMAT = "echoshift-rf"
FORMAT_VERSION = 3
_SCALARS = {"sampling_frequency": "Hz", "center_frequency": "Hz", "sound_speed": "m/s", "reference_level": "dB"}
_OPTIONAL = {"band_pass": "Hz", "applied_gain": "dB"}
PLAUSIBLE = {
    "sampling_frequency": (1e5, 1e9, "Hz (not MHz)"),
    "center_frequency": (1e5, 1e8, "Hz (not MHz)"),
    "sound_speed": (300.0, 6000.0, "m/s"),
}
"""Plausible ranges. Values outside them are probably in the wrong unit."""

SOUND_SPEED = 1540.0
"""What scanners assume, in metres per second."""
FEWEST_SAMPLES = 32
STRONGEST_GAIN = 200
"""Largest gain, in decibels, that a scanner may have applied at any depth."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Acquisition:
    """Everything about a recording except its samples, which a subclass has in the field that `VALUES` names.

    Attributes
    ----------
    geometry : ConvexGeometry or LinearGeometry
        Geometry of the lines.
    sampling_frequency : float
        Samples (real or complex) per second along a line, in hertz.
    center_frequency : float
        Centre frequency of the received band, in hertz. For real samples it is below half the sampling frequency.
    sound_speed : float
        Assumed speed of sound, in metres per second.
    reference_level : float
        Level, in decibels, subtracted from 20*log10(amplitude) to put recordings in other units on the absolute axis.
    band_pass : (float, float) or None
        Pass band applied to the samples before envelope detection, in hertz. Real samples only.
    applied_gain : ndarray, (sample,), or None
        Depth gain that the scanner already applied, in decibels. `echoshift.reconstruction.envelope` removes it.
    regions : mapping of str to ndarray, (vertex, 2)
        Named polygons (x, z), in metres, such as `liver` and `cortex`.
    metadata : mapping
        Further facts, as JSON values.
    """

    VALUES: ClassVar[str]

    geometry: Geometry
    sampling_frequency: float
    center_frequency: float
    sound_speed: float = SOUND_SPEED
    reference_level: float = 0.0
    band_pass: tuple[float, float] | None = None
    applied_gain: np.ndarray | None = None
    regions: Mapping[str, np.ndarray] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, (low, high, unit) in PLAUSIBLE.items():
            value = float(getattr(self, name))
            expect(low <= value <= high, name, value, f"{low:g} to {high:g} {unit}")
            object.__setattr__(self, name, value)
        expect(np.isfinite(self.reference_level), "reference_level", self.reference_level, "finite decibels")
        object.__setattr__(self, "reference_level", float(self.reference_level))
        if self.band_pass is not None:
            low, high = (float(value) for value in self.band_pass)
            nyquist = self.sampling_frequency / 2
            expect(0 < low < high < nyquist, "band_pass", (low, high), f"0 < low < high < {nyquist:g} Hz")
            lowest, unit = PLAUSIBLE["center_frequency"][0], PLAUSIBLE["center_frequency"][2]
            expect(high >= lowest, "band_pass", (low, high), f"an upper limit of at least {lowest:g} {unit}")
            object.__setattr__(self, "band_pass", (low, high))
        if self.applied_gain is not None:
            gain = np.ascontiguousarray(self.applied_gain, dtype=np.float64)
            expect(gain.ndim == 1, "applied_gain", f"shape {gain.shape}", "shape (sample,)")
            strongest = float(np.abs(gain).max(initial=0))
            expect(strongest <= STRONGEST_GAIN, "applied_gain", strongest, f"decibels within +-{STRONGEST_GAIN}")
            object.__setattr__(self, "applied_gain", gain)
        for name, polygon in self.regions.items():
            shape = np.shape(polygon)
            expect(len(shape) == 2 and shape[0] >= 3 and shape[1] == 2, f"regions/{name}", f"shape {shape}",
                    "a polygon of shape (vertex, 2)")  # fmt: skip

    def depths(self, n_samples: int) -> np.ndarray:
        """Depth of each sample below the face along the line, in metres, shape (sample,)."""
        return self.geometry.start_depth + np.arange(n_samples) * self.sound_speed / (2 * self.sampling_frequency)

    @cached_property
    def sample_depths(self) -> np.ndarray:
        """Depth of each sample below the face along the line, in metres, shape (sample,)."""
        return self.depths(getattr(self, self.VALUES).shape[1])

    def acquisition(self) -> dict[str, Any]:
        """The fields of `Acquisition`, as keyword arguments for a related frame."""
        return {one.name: getattr(self, one.name) for one in fields(Acquisition)}

    def save(self, path: str | Path) -> None:
        """Write the native HDF5 file (see the module's table) atomically."""
        with written_whole(path) as draft, h5py.File(draft, "w") as file:
            file.attrs["format"] = FORMAT
            file.attrs["format_version"] = FORMAT_VERSION
            file.attrs["metadata"] = json.dumps(dict(self.metadata), sort_keys=True)
            file.create_group("geometry").attrs["kind"] = self.geometry.KIND
            for name, units, value in self._datasets():
                file.create_dataset(name, data=value, track_times=False).attrs["units"] = units

    def with_reference_level(self, reference_level: float | None) -> Self:
        """The same frame with another reference level in dB, or unchanged if None."""
        return self if reference_level is None else replace(self, reference_level=reference_level)

    def _datasets(self) -> Iterator[tuple[str, str, Any]]:
        yield self.VALUES, "1", getattr(self, self.VALUES)
        for name, value in geometry_fields(self.geometry).items():
            yield f"geometry/{name}", self.geometry.UNITS[name], value
        for name, units in (_SCALARS | _OPTIONAL).items():
            if (value := getattr(self, name)) is not None:
                yield name, units, value
        for name, polygon in self.regions.items():
            yield f"regions/{name}", "m", polygon

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Read a native HDF5 file. Any defect raises an `EchoShiftError` that names the file and the field."""
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
    def _read(cls, file: h5py.File) -> Self:
        found = (attribute(file, "format"), attribute(file, "format_version"))
        known = [(FORMAT, version) for version in range(1, FORMAT_VERSION + 1)]
        expected = f"{FORMAT!r} version 1 to {FORMAT_VERSION}"
        expect(found in known, "format", f"{found[0]!r} version {found[1]}", expected)
        try:
            metadata = json.loads(attribute(file, "metadata", "{}"))
        except (TypeError, ValueError):
            metadata = None
        expect(isinstance(metadata, dict), "metadata", "text that is not a JSON object", "one")
        return cls(
            _dataset(file, cls.VALUES, "1", "fiuc"),
            geometry=_geometry(file),
            **{name: _one(name, _dataset(file, name, units)) for name, units in _SCALARS.items()},
            band_pass=_band(file) if "band_pass" in file else None,
            applied_gain=_dataset(file, "applied_gain", _OPTIONAL["applied_gain"]) if "applied_gain" in file else None,
            regions={name: _dataset(file, f"regions/{name}", "m") for name in file.get("regions", {})},
            metadata=metadata,
        )

    def _set_values(self, values: np.ndarray) -> None:
        """Set the checked samples, of which a gain already applied must have as many values."""
        object.__setattr__(self, self.VALUES, values)
        if self.applied_gain is not None:
            found, expected = f"{self.applied_gain.size} values", f"{values.shape[1]}, one per sample of a line"
            expect(self.applied_gain.size == values.shape[1], "applied_gain", found, expected)


@dataclass(frozen=True, eq=False)
class RFFrame(Acquisition):
    """One post-beamformed radio-frequency frame.

    Attributes
    ----------
    samples : ndarray, (line, sample)
        Echo amplitudes: real RF as float32, or IQ (baseband or analytic) as complex64. They have no depth gain except
        `applied_gain`.
    """

    VALUES: ClassVar[str] = "samples"

    samples: np.ndarray = field(kw_only=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set_values(checked_lines(self.samples, "samples", self.geometry.n_lines))
        if self.is_iq:
            expect(self.band_pass is None, "band_pass", self.band_pass, "none for complex samples")
        else:
            nyquist = self.sampling_frequency / 2
            expect(self.center_frequency < nyquist, "center_frequency", self.center_frequency,
                   f"below half the sampling frequency ({nyquist:g} Hz)")  # fmt: skip

    @property
    def is_iq(self) -> bool:
        """Whether the samples are complex."""
        return self.samples.dtype.kind == "c"


@dataclass(frozen=True, eq=False)
class EnvelopeFrame(Acquisition):
    """A frame after envelope detection, from which reconstruction starts: recorded as such, or made of RF and cached.

    Attributes
    ----------
    envelope : ndarray, (line, sample)
        Magnitude of each line's analytic signal, float32, linear, without depth gain except `applied_gain`.
    """

    VALUES: ClassVar[str] = "envelope"

    envelope: np.ndarray = field(kw_only=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        envelope = checked_lines(self.envelope, "envelope", self.geometry.n_lines)
        expect(envelope.dtype.kind == "f", "envelope", f"type {envelope.dtype}", "real numbers")
        n_negative = np.count_nonzero(envelope < 0)
        expect(n_negative == 0, "envelope", f"{n_negative} negative values", "amplitudes of 0 or more")
        self._set_values(envelope)


def checked_lines(values: np.ndarray, name: str, n_lines: int) -> np.ndarray:
    """Return `values` as contiguous float32 or complex64 (line, sample), or raise an `EchoShiftError`."""
    values = np.asarray(values)
    expect(values.ndim == 2, name, f"{values.ndim} dimensions", "2: (line, sample)")
    expect(values.dtype.kind in "fiuc", name, f"type {values.dtype}", "numbers")
    expect(values.shape[0] == n_lines, name, f"{values.shape[0]} lines", f"{n_lines}, one per line of the geometry")
    found = f"{values.shape[1]} samples per line"
    expect(values.shape[1] >= FEWEST_SAMPLES, name, found, f"at least {FEWEST_SAMPLES} (is the frame transposed?)")
    with np.errstate(over="ignore", invalid="ignore"):  # reported below
        values = np.ascontiguousarray(values, dtype=np.complex64 if values.dtype.kind == "c" else np.float32)
    n_bad = int(values.size - np.isfinite(values).sum())
    expect(n_bad == 0, name, f"{n_bad} NaN or infinite values", "finite amplitudes")
    return values


def _geometry(file: h5py.File) -> Geometry:
    group = file.get("geometry")
    if not isinstance(group, h5py.Group):
        raise EchoShiftError("geometry: not in the file, expected a group")
    kind = attribute(group, "kind", "convex")
    expect(kind in GEOMETRIES, "geometry kind", repr(kind), f"one of {', '.join(GEOMETRIES)}")
    chosen = GEOMETRIES[kind]
    fields = {name: _dataset(file, f"geometry/{name}", units) for name, units in chosen.UNITS.items()}
    return chosen(
        **{name: value if name == chosen.LINES else _one(f"geometry/{name}", value) for name, value in fields.items()}
    )


def _dataset(file: h5py.File, name: str, units: str, kinds: str = "fiu") -> np.ndarray:
    if not isinstance(file.get(name), h5py.Dataset):
        raise EchoShiftError(f"{name}: not in the file, expected a dataset in units {units!r}")
    found = attribute(file[name], "units")
    expect(found == units, f"{name} units", repr(found), repr(units))
    expect(file[name].dtype.kind in kinds, name, f"type {file[name].dtype}", "real numbers")
    return read_array(file[name])


def _one(name: str, value: np.ndarray) -> float:
    value = np.asarray(value)
    expect(value.size == 1, name, f"shape {value.shape} of {value.dtype}", "one number")
    return float(value.reshape(()))


def _band(file: h5py.File) -> tuple[float, float]:
    value = np.asarray(_dataset(file, "band_pass", _OPTIONAL["band_pass"]))
    expect(value.shape == (2,), "band_pass", f"shape {value.shape}", "two frequencies")
    return float(value[0]), float(value[1])
