"""Read HDF5 without trusting the sizes stated in a file, which may be damaged."""

import mmap
from math import prod
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from echoshift.errors import EchoShiftError

LARGEST = 2**32
"""Maximum size in bytes of an array that is read."""
STRONGEST_COMPRESSION = 1100
"""Upper limit of the compression ratio. Deflate reaches at most about 1,030."""

CHECKSUM = 4
"""Bytes of the Fletcher-32 checksum at the end of each chunk."""

LARGEST_SEARCHED = 2**28
_HEAP = b"GCOL\x01"


def read_array(dataset: h5py.Dataset, index: Any = ()) -> Any:
    """Read a data set, or the part selected by `index`, if the stated size is possible for the size of its file.

    Parameters
    ----------
    dataset : h5py.Dataset
    index : integers and slices, optional
        Index into the data set. By default all of it is read.

    Returns
    -------
    ndarray, or a NumPy scalar

    Raises
    ------
    EchoShiftError
        If the stated size of the data or of one compressed chunk is impossible for the size of the file.
    """
    name, chunks = dataset.name.lstrip("/"), dataset.chunks or dataset.shape
    _not_of_lists(dataset.id.get_type(), name)
    if len(chunks) != len(dataset.shape) or (dataset.chunks and min(chunks) < 1):  # HDF5 would read forever
        raise EchoShiftError(
            f"{name}: found chunks of shape {chunks}, expected {len(dataset.shape)} dimensions above 0"
        )
    if dataset.fletcher32:
        _not_shorter_than_checksums(dataset, name)
    size, item = dataset.file.id.get_filesize(), dataset.dtype.itemsize
    # Takes no memory: all elements share one value.
    wanted = np.broadcast_to(np.int8(0), dataset.shape)[index].size * item
    found = max(wanted, prod(chunks) * item if dataset.chunks else 0)
    most = min(LARGEST, STRONGEST_COMPRESSION * size)
    if found > most:
        raise EchoShiftError(
            f"{name}: found {found} bytes of shape {dataset.shape} in a file of {size} bytes, expected at most {most}"
        )
    return dataset[index]


def attribute(node: h5py.Group | h5py.Dataset, name: str, default: Any = None) -> Any:
    """Read an attribute, with text as `str`. Returns `default` if it is missing.

    Raises
    ------
    EchoShiftError
        If it is neither text nor numbers.
    """
    if name not in node.attrs:
        return default
    _not_of_lists(node.attrs.get_id(name).get_type(), name)
    value = node.attrs[name]
    # Other writers than h5py store bytes.
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _not_of_lists(kind: h5py.h5t.TypeID, name: str) -> None:
    """Reject lists of variable length. Supported files have none, and HDF5 crashes on damaged data that looks like one."""
    if kind.get_class() == h5py.h5t.VLEN:
        raise EchoShiftError(f"{name}: found lists of variable length, expected text or numbers")


def _not_shorter_than_checksums(dataset: h5py.Dataset, name: str) -> None:
    """Reject a damaged index with a chunk shorter than its own checksum, on which HDF5 crashes (including 2.0)."""
    sizes: list[int] = []
    dataset.id.chunk_iter(lambda piece: sizes.append(piece.size))
    if min(sizes, default=CHECKSUM) < CHECKSUM:
        raise EchoShiftError(
            f"{name}: found a chunk of {min(sizes)} bytes, expected at least {CHECKSUM} for its checksum"
        )


def refuse_endless_heap(path: Path) -> None:
    """Reject a file in which HDF5 would loop forever while reading text.

    Text of variable length is stored in heaps: sequences of objects that each state their length. An object of length 0
    sends HDF5 (including 2.0) into an endless loop that cannot be stopped. So does a length that overflows to the start.

    Raises
    ------
    EchoShiftError
        If a heap has such an object. Files larger than `LARGEST_SEARCHED` are not searched, as it would take too long.
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
