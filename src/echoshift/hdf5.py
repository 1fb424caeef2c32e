"""Reading HDF5 without believing the sizes that a damaged file states."""

from typing import Any

import h5py
import numpy as np

from echoshift.errors import EchoShiftError

LARGEST = 2**32
"""Bytes of one array that are read at once."""
STRONGEST_COMPRESSION = 1100
"""Deflate cannot make more than about 1,030 bytes out of one."""


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
    size, item = dataset.file.id.get_filesize(), dataset.dtype.itemsize
    # Of no memory: all elements are the same one.
    wanted = np.broadcast_to(np.int8(0), dataset.shape)[index].size * item
    piece = int(np.prod(dataset.chunks, dtype=np.float64)) * item if dataset.chunks else 0
    if max(wanted, piece) > min(LARGEST, STRONGEST_COMPRESSION * size):
        raise EchoShiftError(
            f"{dataset.name.lstrip('/')}: found {max(wanted, piece)} bytes of shape {dataset.shape} in a file of {size} bytes, "
            f"expected at most {min(LARGEST, STRONGEST_COMPRESSION * size)}"
        )
    return dataset[index]
