"""Reading HDF5 without believing the sizes that a damaged file states."""

import mmap
from math import prod
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from echoshift.errors import EchoShiftError

LARGEST = 2**32
"""Bytes of one array that are read at once."""
STRONGEST_COMPRESSION = 1100
"""Deflate cannot make more than about 1,030 bytes out of one."""

CHECKSUM = 4
"""Bytes that Fletcher's checksum takes at the end of each piece."""

LARGEST_SEARCHED = 2**28
_HEAP = b"GCOL\x01"


def read_array(dataset: h5py.Dataset, index: Any = ()) -> Any:
    """Read a data set, or the part of it that `index` names, if its file can hold as much.

    Parameters
    ----------
    dataset : h5py.Dataset
    index : integers and slices, optional
        As between brackets after the data set; all of it if left out.

    Returns
    -------
    ndarray, or a NumPy scalar

    Raises
    ------
    EchoShiftError
        If the stated size, or that of one compressed piece, is beyond what the file can hold.
    """
    name, chunks = dataset.name.lstrip("/"), dataset.chunks or dataset.shape
    _not_of_lists(dataset.id.get_type(), name)
    if len(chunks) != len(dataset.shape) or (dataset.chunks and min(chunks) < 1):  # HDF5 reads such without end
        raise EchoShiftError(
            f"{name}: found pieces of shape {chunks}, expected {len(dataset.shape)} dimensions above 0"
        )
    if dataset.fletcher32:
        _not_shorter_than_checksums(dataset, name)
    size, item = dataset.file.id.get_filesize(), dataset.dtype.itemsize
    # Of no memory: all elements are the same one.
    wanted = np.broadcast_to(np.int8(0), dataset.shape)[index].size * item
    piece = prod(chunks) * item if dataset.chunks else 0
    if max(wanted, piece) > min(LARGEST, STRONGEST_COMPRESSION * size):
        raise EchoShiftError(
            f"{name}: found {max(wanted, piece)} bytes of shape {dataset.shape} in a file of {size} bytes, "
            f"expected at most {min(LARGEST, STRONGEST_COMPRESSION * size)}"
        )
    return dataset[index]


def attribute(node: h5py.Group | h5py.Dataset, name: str, default: Any = None) -> Any:
    """An attribute, text as Python's, or `default` where there is none.

    Raises
    ------
    EchoShiftError
        If it is neither text nor numbers.
    """
    if name not in node.attrs:
        return default
    _not_of_lists(node.attrs.get_id(name).get_type(), name)
    value = node.attrs[name]
    return (
        value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    )  # other writers than h5py store bytes


def _not_of_lists(kind: h5py.h5t.TypeID, name: str) -> None:
    """No file that we read has lists of variable length; on what a damaged file makes into one, HDF5 crashes."""
    if kind.get_class() == h5py.h5t.VLEN:
        raise EchoShiftError(f"{name}: found lists of variable length, expected text or numbers")


def _not_shorter_than_checksums(dataset: h5py.Dataset, name: str) -> None:
    """Where a damaged index says that a piece is shorter than its own checksum, HDF5 (2.0 still) crashes."""
    sizes: list[int] = []
    dataset.id.chunk_iter(lambda piece: sizes.append(piece.size))
    if min(sizes, default=CHECKSUM) < CHECKSUM:
        raise EchoShiftError(
            f"{name}: found a piece of {min(sizes)} bytes, expected at least its checksum's {CHECKSUM}"
        )


def refuse_endless_heap(path: Path) -> None:
    """Refuse a file on whose texts HDF5 would spend forever.

    Texts of variable length lie in heaps, chains of objects each of which says how long it is; HDF5 (2.0 still) follows
    one of length 0 without end (one so long that its end overflows to its beginning is another), and nothing can stop it.

    Raises
    ------
    EchoShiftError
        If a heap holds such an object. Files above `LARGEST_SEARCHED` are trusted: searching them would take too long.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if not 0 < size <= LARGEST_SEARCHED:
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            heap = data.find(_HEAP)
            while heap >= 0:
                at, end = heap + 16, min(heap + int.from_bytes(data[heap + 8 : heap + 16], "little"), size)
                while at + 16 <= end:
                    length = int.from_bytes(data[at + 8 : at + 16], "little")
                    # Number 0 is the free space at the end, whose length includes its header.
                    step = 16 + -(-length // 8) * 8 if any(data[at : at + 2]) else length
                    if step == 0 or at + step > end:
                        raise EchoShiftError(f"found a damaged text heap at byte {heap}, expected an intact HDF5 file")
                    at += step
                heap = data.find(_HEAP, heap + 4)
