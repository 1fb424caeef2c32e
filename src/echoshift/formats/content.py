"""A file's first bytes and variables, by which importers recognise their formats."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from echoshift.errors import EchoShiftError

HEAD = 512
HDF5 = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class Content:
    """The beginning of a file, and the open file if it is HDF5.

    Attributes
    ----------
    path : Path
    head : bytes
        The first `HEAD` bytes.
    hdf5 : h5py.File or None
        Open for reading.
    """

    path: Path
    head: bytes
    hdf5: Any = None

    @cached_property
    def variables(self) -> frozenset[str]:
        """Names of a MATLAB file's variables, empty for any other file."""
        from echoshift.formats.matlab import variable_names

        return variable_names(self.path, self.head, self.hdf5)

    @property
    def words(self) -> str:
        if not self.head:
            return "an empty file"
        if self.variables:
            return f"a MATLAB file with the variables {', '.join(sorted(self.variables)[:8])}"
        return "an HDF5 file with an unknown layout" if self.hdf5 else f"a file beginning with {self.head[:8]!r}"

    @classmethod
    @contextmanager
    def of(cls, path: Path) -> Iterator["Content"]:
        """Look at a file. HDF5 files (MATLAB's have a 512-byte header) stay open within the context."""
        try:
            with path.open("rb") as file:
                head = file.read(HEAD)
                after = file.read(len(HDF5))
        except OSError as error:
            raise EchoShiftError(f"{path}: cannot be read ({error.strerror}), expected an RF frame") from None
        if HDF5 not in (head[: len(HDF5)], after):
            yield cls(path, head)
            return
        import h5py

        from echoshift.storage.hdf5 import refuse_endless_heap

        refuse_endless_heap(path)
        try:
            file = h5py.File(path, "r")
        except (OSError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise EchoShiftError(f"{path}: not a readable HDF5 file ({reason})") from None
        with file:
            yield cls(path, head, file)
