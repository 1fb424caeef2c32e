"""MetaImage RF of a convex probe (ITKUltrasound, PLUS), with its geometry in a YAML side-car."""

from pathlib import Path

import numpy as np
import yaml
from pydantic import Field

from echoshift.errors import EchoShiftError
from echoshift.frame import ConvexGeometry, RFFrame
from echoshift.validation import Finite, Strict, checked

_TYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2",
    "MET_INT": "i4", "MET_UINT": "u4", "MET_FLOAT": "f4", "MET_DOUBLE": "f8",
}  # fmt: skip
_LONGEST_HEADER = 65536


class SideCarGeometry(Strict):
    """Lines evenly spaced around the z axis, or each line's own angle."""

    apex_radius: Finite = Field(description="m")
    start_depth: Finite = Field(0.0, description="m")
    line_spacing: Finite | None = Field(None, gt=0, description="rad between neighbouring lines")
    angles: list[Finite] | None = Field(None, description="rad, one a line")


class SideCar(Strict):
    """What a MetaImage does not say about its RF."""

    geometry: SideCarGeometry
    sampling_frequency: Finite = Field(description="Hz")
    center_frequency: Finite = Field(description="Hz")
    sound_speed: Finite = Field(1540.0, description="m/s")
    reference_level: Finite = Field(0.0, description="dB")
    band_pass: tuple[Finite, Finite] | None = Field(None, description="Hz")


def read_metaimage(path: str | Path, sidecar: str | Path | None = None) -> RFFrame:
    """Read an uncompressed MetaImage whose fastest axis is depth.

    Parameters
    ----------
    path : path
        `.mha` (data inside) or `.mhd` (data in the file it names); DimSize `samples lines` or `samples lines 1`.
    sidecar : path, optional
        YAML after `SideCar`; `PATH.yaml` if left out.
    """
    path = Path(path)
    header, offset = _header(path)
    n_samples, n_lines = _size(path, header)
    kind = _field(path, header, "ElementType")
    if kind not in _TYPES:
        raise EchoShiftError(f"{path}: ElementType: found {kind!r}, expected one of {', '.join(_TYPES)}")
    if header.get("CompressedData", "False").lower() == "true":
        raise EchoShiftError(f"{path}: CompressedData: found True, expected uncompressed samples")
    big_endian = header.get("BinaryDataByteOrderMSB", header.get("ElementByteOrderMSB", "False")).lower() == "true"
    dtype = np.dtype(_TYPES[kind]).newbyteorder(">" if big_endian else "<")
    source = _field(path, header, "ElementDataFile")
    if source == "LOCAL":
        data = path.read_bytes()[offset:]
    else:
        data_file = path.parent / source
        if not data_file.is_file():
            raise EchoShiftError(f"{path}: ElementDataFile: file {source!r} not found beside the header")
        data = data_file.read_bytes()
    expected = n_samples * n_lines * dtype.itemsize
    if len(data) != expected:
        raise EchoShiftError(
            f"{path}: found {len(data)} bytes of samples, expected {expected} for {n_lines} lines of {n_samples} {kind}"
        )
    samples = np.frombuffer(data, dtype=dtype).reshape(n_lines, n_samples)
    side = _sidecar(Path(sidecar) if sidecar else path.with_name(path.name + ".yaml"))
    try:
        return RFFrame(
            samples.astype(np.float32),
            geometry=_geometry(side.geometry, n_lines),
            **side.model_dump(exclude={"geometry"}),
            metadata={"source": path.name, "format": "MetaImage"},
        )
    except EchoShiftError as error:
        raise EchoShiftError(f"{path}: {error}") from None


def _header(path: Path) -> tuple[dict[str, str], int]:
    """Fields of the text header, and where the data begins in the file."""
    fields: dict[str, str] = {}
    with path.open("rb") as file:
        while "ElementDataFile" not in fields:
            line = file.readline(_LONGEST_HEADER)
            key, separator, value = line.decode("latin-1").partition("=")
            if not separator or file.tell() > _LONGEST_HEADER:
                raise EchoShiftError(
                    f"{path}: header: found no ElementDataFile line, expected a MetaImage header ending with it"
                )
            fields[key.strip()] = value.strip()
        return fields, file.tell()


def _field(path: Path, header: dict[str, str], name: str) -> str:
    if name not in header:
        raise EchoShiftError(f"{path}: header: {name} not found, expected a MetaImage header with it")
    return header[name]


def _size(path: Path, header: dict[str, str]) -> tuple[int, int]:
    text = _field(path, header, "DimSize")
    try:
        sizes = [int(part) for part in text.split()]
    except ValueError:
        sizes = []
    if len(sizes) not in (2, 3) or min(sizes, default=0) < 1 or sizes[2:] not in ([], [1]):
        raise EchoShiftError(f"{path}: DimSize: found {text!r}, expected 'samples lines' or 'samples lines 1'")
    return sizes[0], sizes[1]


def _sidecar(path: Path) -> SideCar:
    try:
        return checked(SideCar, yaml.safe_load(path.read_text(encoding="utf-8")) or {}, str(path))
    except FileNotFoundError:
        raise EchoShiftError(
            f"{path}: file not found, expected a YAML side-car with the geometry of the MetaImage"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise EchoShiftError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from None


def _geometry(side: SideCarGeometry, n_lines: int) -> ConvexGeometry:
    if (side.line_spacing is None) == (side.angles is None):
        raise EchoShiftError("geometry: found both or none of line_spacing and angles, expected one of them")
    if side.line_spacing is not None and side.line_spacing * n_lines > 2 * np.pi:
        raise EchoShiftError(
            f"geometry.line_spacing: found {side.line_spacing:g} rad for {n_lines} lines, expected less than a full turn in all "
            "(radians, not degrees; is the frame transposed?)"
        )
    angles = side.angles if side.line_spacing is None else side.line_spacing * (np.arange(n_lines) - (n_lines - 1) / 2)
    return ConvexGeometry(apex_radius=side.apex_radius, angles=np.asarray(angles), start_depth=side.start_depth)
