"""MetaImage RF (ITKUltrasound, PLUS): samples along the fastest axis, geometry in the side-car."""

from pathlib import Path

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats.content import Content
from echoshift.formats.recorded import Recorded

NAME = "MetaImage"
_TYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2",
    "MET_INT": "i4", "MET_UINT": "u4", "MET_FLOAT": "f4", "MET_DOUBLE": "f8",
}  # fmt: skip
_LONGEST_HEADER = 65536


def recognises(content: Content) -> bool:
    """Whether it begins with a MetaImage's text header."""
    return b"DimSize" in content.head and b"=" in content.head


def read(path: Path, selector: str | None) -> Recorded:
    """Read an uncompressed MetaImage whose fastest axis is depth.

    Parameters
    ----------
    path : Path
        `.mha` (data inside) or `.mhd` (data in the file it names); DimSize `samples lines` or `samples lines 1`.
    selector : str, optional
        None: there is one frame.
    """
    if selector is not None:
        raise EchoShiftError(f"frame: found #{selector}, expected no selector: the file holds one frame")
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
    return Recorded(samples.astype(np.float32), NAME)


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
