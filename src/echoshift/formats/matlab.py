"""MATLAB files, version 5 to 7.2 and 7.3 (HDF5), as plain Python: structs as dicts, struct arrays and cells as lists, characters
as text, and everything else as arrays with MATLAB's dimensions."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats import matlab5
from echoshift.geometry import expect
from echoshift.storage.hdf5 import attribute, read_array

_HIDDEN = "#"
"""Prefix of the names of MATLAB 7.3 groups that are not variables."""


def variable_names(path: Path, head: bytes, hdf5: h5py.File | None) -> frozenset[str]:
    """Names of the variables of a file that begins with `head`, empty if it is not a MATLAB file."""
    if head.startswith(b"MATLAB 7.3") and hdf5 is not None:
        return frozenset(name for name in hdf5 if not name.startswith(_HIDDEN))
    if head.startswith(b"MATLAB 5.0"):
        return frozenset(matlab5.names(path))
    return frozenset()


def read_variables(path: Path, names: Iterable[str]) -> dict[str, Any]:
    """Values of the named variables, without those missing from the file."""
    if h5py.is_hdf5(path):
        with h5py.File(path, "r") as file:
            return {name: _plain_hdf5(file[name], file) for name in names if name in file}
    return matlab5.read(path, set(names))


def struct(value: Any, name: str) -> Mapping[str, Any]:
    """Check that a value is a single struct and return it."""
    expect(isinstance(value, dict), name, "nothing" if value is None else _words(value), "a struct")
    return value


def records(value: Any, name: str, fields: Iterable[str]) -> list[Mapping[str, Any]]:
    """Elements of a struct array or a single struct, checked to have at least these fields."""
    elements = value if isinstance(value, list) else [value]
    expect(bool(elements) and all(isinstance(one, dict) for one in elements), name, _words(value), "structs")
    missing = set(fields) - set(elements[0])
    expect(not missing, name, f"fields {', '.join(elements[0])}", f"also {', '.join(sorted(missing))}")
    return elements


def _words(value: Any) -> str:
    kinds = {dict: "a struct", list: "a cell or struct array", str: "text"}
    return kinds.get(type(value)) or f"an array of shape {np.shape(value)}"


def _plain_hdf5(node: h5py.Group | h5py.Dataset, file: h5py.File, depth: int = 0) -> Any:
    """A node of a 7.3 file as plain Python. Such files store the dimensions in reverse."""
    if depth > matlab5.DEEPEST:  # circular references
        raise EchoShiftError(f"found structs {depth} deep, expected at most {matlab5.DEEPEST}")
    kind = str(attribute(node, "MATLAB_class", ""))
    if isinstance(node, h5py.Group):
        expect("MATLAB_sparse" not in node.attrs, node.name, "a sparse matrix", "a full one")
        return _struct_hdf5(node, file, depth)
    if "MATLAB_empty" in node.attrs:
        return {"char": "", "cell": [], "struct": []}.get(kind, np.empty((0, 0)))
    if node.dtype.kind == "O":
        # The references lie in MATLAB's order (the first index fastest), as the file stores the dimensions in reverse.
        return [_plain_hdf5(file[one], file, depth + 1) for one in np.ravel(read_array(node))]
    values = np.asarray(read_array(node)).T
    if kind == "char":
        return "\n".join("".join(map(chr, row)) for row in np.atleast_2d(values))
    if values.dtype.names == ("real", "imag"):
        return values["real"] + 1j * values["imag"]
    return values


def _struct_hdf5(group: h5py.Group, file: h5py.File, depth: int) -> Any:
    """A struct or a struct array. The fields of an array are references to the elements' values, without a class."""
    columns = {name: _plain_hdf5(group[name], file, depth + 1) for name in group}
    is_array = all(
        isinstance(one, h5py.Dataset) and one.dtype.kind == "O" and "MATLAB_class" not in one.attrs
        for one in map(group.get, group)
    )
    if not columns or not is_array:
        return columns
    sizes = {len(values) for values in columns.values()}
    expect(len(sizes) == 1, group.name, f"fields of {sorted(sizes)} elements", "the same number in each field")
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
