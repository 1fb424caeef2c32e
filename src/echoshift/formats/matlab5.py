"""MATLAB files of version 5 to 7.2 as plain Python (see `echoshift.formats.matlab`).

A file is a sequence of elements, each with its kind and length. A matrix is an element that contains elements, as are its
cells and fields. SciPy can read these files too, but crashes on many damaged ones.
"""

import struct
import zlib
from collections.abc import Iterator
from itertools import islice
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.geometry import expect

_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
"""NumPy types of the numbers in an element. They may be narrower than the array's type."""
_TEXTS = {16: "utf-8", 17: "utf-16", 18: "utf-32"}
_MATRIX, _COMPRESSED = 14, 15
_CELL, _STRUCT, _CHAR = 1, 2, 4
_ARRAYS = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
"""NumPy types of the numeric array classes."""
_COMPLEX = 0x800
_ENOUGH_FOR_A_NAME = 512
_ENOUGH_FOR_FIELDS = 8192
DEEPEST = 20
"""Deepest nesting of structs. Only damaged files have deeper ones."""


def names(path: Path) -> Iterator[str]:
    """Names of a file's variables."""
    for order, kind, content in _variables(path):
        head = content[: _ENOUGH_FOR_A_NAME * 2]
        if kind == _COMPRESSED:
            head = zlib.decompressobj().decompress(head, _ENOUGH_FOR_A_NAME)[8:]
        yield _name(head, order)


def fields(path: Path, wanted: str) -> list[str]:
    """Names of the fields of a variable, without reading their values. Empty if it is no struct."""
    for order, kind, content in _variables(path):
        head = content[:_ENOUGH_FOR_FIELDS]
        if kind == _COMPRESSED:
            head = memoryview(zlib.decompressobj().decompress(head, _ENOUGH_FOR_FIELDS))[8:]
        if _name(head, order) == wanted:
            parts = [part for _, part in islice(_elements(head, order), 5)]
            (flags,) = struct.unpack_from(f"{order}I", parts[0])
            return _field_names(parts[3:], order, wanted) if flags & 0xFF == _STRUCT else []
    return []


def read(path: Path, wanted: set[str]) -> dict[str, Any]:
    """Values of the named variables, without those missing from the file."""
    found = {}
    for order, kind, content in _variables(path):
        if kind == _COMPRESSED:
            content = memoryview(zlib.decompress(content))[8:]
        name = _name(content, order)
        if name in wanted:
            found[name] = _matrix(content, order, name, 0)
    return found


def _variables(path: Path) -> Iterator[tuple[str, int, memoryview]]:
    """Byte order, kind and content of each variable. The kind is a matrix or compressed data."""
    data = memoryview(path.read_bytes())
    order = {b"IM": "<", b"MI": ">"}.get(bytes(data[126:128]))
    expect(order is not None, "header", f"byte order {bytes(data[126:128])!r}", "IM or MI")
    for kind, content in _elements(data[128:], order, pad=False):
        if kind in (_MATRIX, _COMPRESSED):
            yield order, kind, content


def _elements(data: memoryview, order: str, pad: bool = True) -> Iterator[tuple[int, memoryview]]:
    """Kind and content of each element of a sequence. Compressed variables are not padded to 8 bytes."""
    at = 0
    while at + 8 <= len(data):
        kind, length = struct.unpack_from(f"{order}II", data, at)
        if kind >> 16:  # the header itself holds up to four bytes of data
            length, kind = kind >> 16, kind & 0xFFFF
            expect(length <= 4, "element", f"{length} bytes", "at most 4")
            begin, end = at + 4, at + 8
        else:
            begin, end = at + 8, at + 8 + (-(-length // 8) * 8 if pad or kind != _COMPRESSED else length)
        # The last element of a file may lack its padding.
        left = len(data) - begin
        expect(length <= left, "element", f"{length} bytes", f"at most the {left} that follow")
        yield kind, data[begin : begin + length]
        at = end


def _name(content: memoryview, order: str) -> str:
    """The name of a matrix, given at least the beginning of its content."""
    parts = [part for _, part in islice(_elements(content, order), 3)]
    expect(len(parts) == 3, "matrix", f"{len(parts)} elements", "flags, dimensions and a name")
    return bytes(parts[2]).decode("latin-1")


def _matrix(content: memoryview, order: str, name: str, depth: int) -> Any:
    """The value of a matrix: an array, text, a dict (struct) or a list (cells, structs)."""
    expect(depth <= DEEPEST, name, f"structs {depth} deep", f"at most {DEEPEST}")
    if not len(content):
        return np.empty((0, 0))
    parts = list(_elements(content, order))
    whole = len(parts) >= 3 and len(parts[0][1]) == 8 and len(parts[1][1]) % 4 == 0
    expect(whole, name, "a damaged header", "flags, dimensions, name")
    (flags,) = struct.unpack_from(f"{order}I", parts[0][1])
    shape = tuple(np.frombuffer(parts[1][1], f"{order}i4").tolist())
    expect(len(shape) >= 2 and min(shape) >= 0, name, f"dimensions {shape}", "at least two, none negative")
    kind, values = flags & 0xFF, parts[3:]
    if kind == _CELL:
        expect(len(values) == prod(shape), name, f"{len(values)} cells", f"{prod(shape)}, from its dimensions")
        return [_inner(one, order, name, depth) for one in values]
    if kind == _STRUCT:
        return _structs(values, prod(shape), order, name, depth)
    if kind == _CHAR:
        rows = _array(values, shape, order, name, text=True)
        return "\n".join("".join(map(chr, row)) for row in rows.reshape(shape[0], -1).tolist()) if rows.size else ""
    expect(kind in _ARRAYS, name, f"MATLAB class {kind}", "numbers, text, a struct or cells")
    real = _array(values[:1], shape, order, name).astype(_ARRAYS[kind])
    return real + 1j * _array(values[1:2], shape, order, name) if flags & _COMPLEX else real


def _inner(part: tuple[int, memoryview], order: str, name: str, depth: int) -> Any:
    expect(part[0] == _MATRIX, name, f"an element of kind {part[0]}", f"{_MATRIX}, a matrix")
    return _matrix(part[1], order, name, depth + 1)


def _structs(values: list[tuple[int, memoryview]], n: int, order: str, name: str, depth: int) -> Any:
    """A dict, or a list of dicts unless there is one element. The name length and the names precede the values."""
    fields = _field_names([content for _, content in values[:2]], order, name)
    inner = values[2:]
    n_values = n * len(fields)
    complete = bool(fields) and len(inner) == n_values
    expect(complete, name, f"{len(inner)} values", f"{n_values}, from its dimensions and fields")
    found = [_inner(one, order, f"{name}.{fields[i % len(fields)]}", depth) for i, one in enumerate(inner)]
    rows = [dict(zip(fields, found[i * len(fields) : (i + 1) * len(fields)], strict=True)) for i in range(n)]
    return rows[0] if n == 1 else rows


def _field_names(parts: list[memoryview], order: str, name: str) -> list[str]:
    """Names of a struct's fields, from the elements with their length and with the names."""
    expect(len(parts) == 2 and len(parts[0]) == 4, name, "a damaged struct", "field names")
    (width,) = struct.unpack_from(f"{order}i", parts[0])
    text = bytes(parts[1]).decode("latin-1")
    expect(width > 0, name, f"names of {width} bytes", "more than 0")
    return [text[i : i + width].split("\0")[0] for i in range(0, len(text), width)]


def _array(
    values: list[tuple[int, memoryview]], shape: tuple[int, ...], order: str, name: str, text: bool = False
) -> np.ndarray:
    """Numbers or character codes, with MATLAB's dimensions."""
    expect(len(values) == 1 or prod(shape) == 0, name, f"{len(values)} elements of numbers", "one")
    if not values:
        return np.zeros(shape)
    kind, data = values[0]
    expect(kind in _NUMBERS or (text and kind in _TEXTS), name, f"values of kind {kind}", "numbers or text")
    if kind in _TEXTS:
        ending = "" if kind == 16 else {"<": "-le", ">": "-be"}[order]
        found = np.array([ord(one) for one in bytes(data).decode(_TEXTS[kind] + ending)], dtype=np.uint32)
    else:
        found = np.frombuffer(data, np.dtype(_NUMBERS[kind]).newbyteorder(order))
    expect(found.size == prod(shape), name, f"{found.size} numbers", f"{prod(shape)}, from its dimensions {shape}")
    return found.reshape(shape, order="F")
