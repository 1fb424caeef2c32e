"""EchoShift's own HDF5 file. It is complete, but a side-car may correct it."""

from pathlib import Path

import h5py

from echoshift.errors import EchoShiftError
from echoshift.formats.content import Content
from echoshift.frame import FORMAT, EnvelopeFrame, RFFrame
from echoshift.storage.hdf5 import attribute

NAME = "EchoShift HDF5"


def recognises(content: Content) -> bool:
    """Whether the root's attribute `format` names this format."""
    return content.hdf5 is not None and attribute(content.hdf5, "format") == FORMAT


def read(path: Path, selector: str | None) -> RFFrame | EnvelopeFrame:
    """Read the frame, which is an envelope if the file has one in place of samples."""
    if selector is not None:
        raise EchoShiftError(f"frame: found #{selector}, expected no selector: the file holds one frame")
    with h5py.File(path, "r") as file:
        frame = EnvelopeFrame if EnvelopeFrame.VALUES in file else RFFrame
    return frame.open(path)
