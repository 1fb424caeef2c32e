"""MetaImage (ITKUltrasound, PLUS): RF, IQ or detected lines, with the geometry in the header or the side-car."""

import zlib
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats.content import Content
from echoshift.formats.metaimage_geometry import geometry_and_rate
from echoshift.formats.metaimage_lines import RF_TYPES, TYPES, layout_of
from echoshift.formats.recorded import Recorded
from echoshift.formats.selector import frame_number
from echoshift.geometry import expect

NAME = "MetaImage"
SIDE_CAR_TYPES = TYPES
_NUMBERS = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2",
    "MET_INT": "i4", "MET_UINT": "u4", "MET_FLOAT": "f4", "MET_DOUBLE": "f8",
}  # fmt: skip
_LONGEST_HEADER = 1 << 24
"""In bytes. A PLUS sequence has a few hundred for each of its frames."""


def recognises(content: Content) -> bool:
    """Whether the file begins with a MetaImage text header."""
    return content.head.startswith((b"ObjectType", b"NDims")) or (b"DimSize" in content.head and b"=" in content.head)


def read(path: Path, selector: str | None, type: str | None = None) -> Recorded:
    """Read one frame.

    Parameters
    ----------
    path : Path
        `.mha` (data inside) or `.mhd` (data in the file it names). DimSize is `samples lines` or `samples lines frames`,
        or `lines samples` by the orientation (see `metaimage_lines`). PLUS sequences are such files.
    selector : str, optional
        Frame number, required if there are several.
    type : str, optional
        What is stored, in place of the header's type.
    """
    header, image, notes = _image(path, selector)
    layout = layout_of(header, type)
    if "UltrasoundImageOrientation" in header:
        notes["orientation"] = header["UltrasoundImageOrientation"]
    if type or "UltrasoundImageType" in header:
        stated = header.get("UltrasoundImageType", "none")
        notes["type"] = layout.type if layout.type == stated else f"{layout.type} (in the file: {stated})"
    samples = layout.samples(image)
    return Recorded(samples, geometry_and_rate(header, len(samples), layout), notes, kind=layout.kind)


def holds_grey_lines(path: Path, type: str | None) -> bool:
    """Whether the header, or the type that a side-car gives, says that these are grey levels."""
    return layout_of(_header(path)[0], type).kind == "grey"


def readings(path: Path, selector: str | None, type: str | None = None) -> dict[str, np.ndarray]:
    """The samples (line, sample) under each type that they may have, by type. Empty if there is no doubt.

    Real RF has been saved with the types of IQ, so a file or side-car of these types leaves doubt.
    """
    header, image, _ = _image(path, selector)
    stated = header.get("UltrasoundImageType", RF_TYPES[0])
    types = dict.fromkeys([type or stated, stated, RF_TYPES[0]])
    if len(types) == 1 or not set(types) <= set(RF_TYPES):
        return {}
    layouts = (layout_of(header, one) for one in types)
    return {layout.type: layout.samples(image) for layout in layouts if layout.fits(image)}


def _image(path: Path, selector: str | None) -> tuple[dict[str, str], np.ndarray, dict[str, Any]]:
    """The header, the stored values (y, x) of one frame, and its number if there are several."""
    header, offset = _header(path)
    n_x, n_y, n_frames = _size(header)
    number = frame_number(selector, n_frames)
    dtype = _dtype(header)
    frame_bytes = n_x * n_y * dtype.itemsize
    data = _data(path, header, offset, frame_bytes * n_frames)
    if len(data) != frame_bytes * n_frames:
        frames = f"{n_frames} frames of " if n_frames > 1 else ""
        raise EchoShiftError(
            f"found {len(data)} bytes of samples, expected {frame_bytes * n_frames} for {frames}{n_y} rows of "
            f"{n_x} {header['ElementType']}"
        )
    image = np.frombuffer(data, dtype, n_x * n_y, number * frame_bytes).reshape(n_y, n_x)
    notes: dict[str, Any] = {"frame": number, "frames": n_frames} if n_frames > 1 else {}
    return header, image.astype(dtype.newbyteorder("=")), notes


def _header(path: Path) -> tuple[dict[str, str], int]:
    """Fields of the text header, and the offset of the data in the file."""
    fields: dict[str, str] = {}
    with path.open("rb") as file:
        while "ElementDataFile" not in fields:
            line = file.readline(_LONGEST_HEADER)
            key, separator, value = line.decode("latin-1").partition("=")
            is_header = bool(separator) and file.tell() <= _LONGEST_HEADER
            expect(is_header, "header", "no ElementDataFile line", "a MetaImage header ending with it")
            fields[key.strip()] = value.strip()
        return fields, file.tell()


def _field(header: dict[str, str], name: str) -> str:
    if name not in header:
        raise EchoShiftError(f"header: {name} not found, expected a MetaImage header with it")
    return header[name]


def _size(header: dict[str, str]) -> tuple[int, int, int]:
    text = _field(header, "DimSize")
    try:
        sizes = [int(part) for part in text.split()]
    except ValueError:
        sizes = []
    valid = len(sizes) in (2, 3, 4) and min(sizes) > 0 and sizes[3:] in ([], [1])
    expect(valid, "DimSize", repr(text), "'samples lines' or 'samples lines frames', all > 0")
    channels = header.get("ElementNumberOfChannels", "1")
    expect(channels == "1", "ElementNumberOfChannels", channels, "1 (one amplitude per sample)")
    return sizes[0], sizes[1], sizes[2] if len(sizes) > 2 else 1


def _dtype(header: dict[str, str]) -> np.dtype:
    kind = _field(header, "ElementType")
    expect(kind in _NUMBERS, "ElementType", repr(kind), f"one of {', '.join(_NUMBERS)}")
    big_endian = header.get("BinaryDataByteOrderMSB", header.get("ElementByteOrderMSB", "False")).lower() == "true"
    return np.dtype(_NUMBERS[kind]).newbyteorder(">" if big_endian else "<")


def _data(path: Path, header: dict[str, str], offset: int, expected: int) -> bytes:
    """The samples' bytes. Decompression stops one byte after the expected size."""
    source = header["ElementDataFile"]
    if source != "LOCAL":
        path, offset = path.parent / source, 0
        if not path.is_file():
            raise EchoShiftError(f"ElementDataFile: file {source!r} not found next to the header")
    data = path.read_bytes()[offset:]
    if header.get("CompressedData", "False").lower() != "true":
        return data
    try:
        return zlib.decompressobj().decompress(data, expected + 1)
    except zlib.error as error:
        raise EchoShiftError(f"CompressedData: found samples that are not zlib data ({error})") from None
