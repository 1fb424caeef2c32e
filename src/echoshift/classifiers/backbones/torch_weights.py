"""Read the arrays of a legacy PyTorch weights file, without PyTorch and without running code from the file.

The file is a sequence of pickles (magic number, protocol, system information, tensors, storage keys) followed by the raw
storages in the order of the keys, each an int64 count and its data. A pickle can make the reader call any function.
Therefore the file's SHA-256 is checked before anything is unpickled, and the unpickler accepts only four names.
"""

import io
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.storage.files import sha256_of_bytes

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001


FLOAT, LONG = "<f4", "<i8"


def _rebuild_tensor(storage: str, offset: int, shape: tuple, strides: tuple, *_: Any) -> tuple:
    """A view of a storage, which follows later in the file."""
    return storage, offset, shape, strides


_KNOWN = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch", "FloatStorage"): FLOAT,
    ("torch", "LongStorage"): LONG,
}


class _Unpickler(pickle.Unpickler):
    """Accepts the four names that a table of float and integer tensors needs, and rejects all others."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.dtypes: dict[str, str] = {}

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it calls {module}.{name}, which a table of tensors does not need") from None

    def persistent_load(self, pid: Any) -> str:
        kind, dtype, key = pid[:3]
        if kind != "storage" or dtype not in (FLOAT, LONG):
            raise pickle.UnpicklingError(f"unknown object {kind!r}")
        self.dtypes[key] = dtype
        return key


def read_torch_weights(path: str | Path, sha256: str) -> dict[str, np.ndarray]:
    """Read every tensor of a legacy `.pth` file.

    Parameters
    ----------
    path : path
        The weights file.
    sha256 : str
        Expected hexadecimal SHA-256 of its bytes. Any other file is rejected before parsing.

    Returns
    -------
    dict of str to ndarray
        Arrays by name, in PyTorch's axis order.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EchoShiftError(f"{path}: {error.strerror or error}, expected a weights file") from None
    found = sha256_of_bytes(content)
    if found != sha256:
        raise EchoShiftError(f"{path}: found SHA-256 {found}, expected {sha256}; install the pinned package again")
    try:
        return parse_torch_weights(content)
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise EchoShiftError(f"{path}: not a legacy PyTorch table of tensors ({error})") from None


def parse_torch_weights(content: bytes) -> dict[str, np.ndarray]:
    """Parse the bytes of a legacy `.pth` file. See `read_torch_weights`, which checks their digest first."""
    file = io.BytesIO(content)
    if _Unpickler(file).load() != MAGIC or _Unpickler(file).load() != PROTOCOL:
        raise ValueError("found another magic number or protocol")
    _Unpickler(file).load()
    tables = _Unpickler(file)
    tensors = tables.load()
    storages = {}
    for key in _Unpickler(file).load():
        dtype = np.dtype(tables.dtypes[key])
        count = int.from_bytes(file.read(8), "little", signed=True)
        storages[key] = np.frombuffer(file.read(count * dtype.itemsize), dtype=dtype, count=count)
    return {name: _array(storages[key], *view) for name, (key, *view) in tensors.items()}


def _array(storage: np.ndarray, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> np.ndarray:
    """Copy a view of a storage (possibly transposed) after checking that it stays inside."""
    steps = [stride * (count - 1) for stride, count in zip(strides, shape, strict=True)]
    if offset < 0 or any(stride < 0 for stride in strides) or offset + sum(steps) >= storage.size:
        raise ValueError("found a tensor that reaches outside its storage")
    strides = [stride * storage.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, strides, writeable=False).copy()
