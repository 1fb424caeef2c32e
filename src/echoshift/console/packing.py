"""Arrays and what they mean as compressed bytes that a browser unpacks."""

import gzip
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

TYPES = {"uint8": "u1", "int8": "i1", "uint16": "<u2", "float32": "<f4", "float64": "<f8"}
"""Types of arrays, with their bytes."""
ALIGNED = 8
"""Arrays start at multiples of so many bytes."""


def pack(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Pack arrays as gzip: the length of a JSON header (4 bytes, little-endian), the header, then the arrays.

    The header has `meta` and, for each array, its type, its number of values and where it begins. Integers are stored as
    differences from the value before, all low bytes before all high ones: neighbouring pixels are similar, so this is
    smaller.

    Parameters
    ----------
    meta : mapping
        JSON values.
    arrays : mapping of ndarray
        Flattened row by row.
    """
    parts, places, begin = [], {}, 0
    for name, array in arrays.items():
        own = _stored(np.ascontiguousarray(array).ravel())
        places[name] = {"type": array.dtype.name, "size": array.size, "begin": begin}
        padding = -len(own) % ALIGNED
        parts += [own, bytes(padding)]
        begin += len(own) + padding
    header = json.dumps({"meta": dict(meta), "arrays": places}, allow_nan=False).encode()
    header += b" " * (-(4 + len(header)) % ALIGNED)
    return gzip.compress(len(header).to_bytes(4, "little") + header + b"".join(parts), compresslevel=6, mtime=0)


def _stored(values: np.ndarray) -> bytes:
    as_bytes = values.astype(TYPES[values.dtype.name])
    if values.dtype.kind == "f":
        return as_bytes.tobytes()
    changes = np.diff(as_bytes, prepend=as_bytes.dtype.type(0))  # wraps around, as the sum in the browser does
    return changes.view(np.uint8).reshape(-1, as_bytes.itemsize).T.tobytes()
