"""Clarius raw data: RF, IQ or grey levels, with the scanner's description (`.yml`) and gain curves (`.tgc`) next to it."""

import re
import struct
from pathlib import Path

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats.clarius_description import GREY, applied_gain, read_description
from echoshift.formats.clarius_lines import described_lines, geometry_of_lines
from echoshift.formats.content import Content
from echoshift.formats.location import companions
from echoshift.formats.recorded import Recorded
from echoshift.formats.selector import frame_number
from echoshift.geometry import expect

NAME = "Clarius raw"
_HEADER = struct.Struct("<5I")  # id, frames, lines, samples, bytes per sample
_STAMP = 8
"""Bytes of a frame's time stamp, which is in nanoseconds."""


def recognises(content: Content) -> bool:
    """Whether the file begins with five plausible header numbers. The format has no signature."""
    if len(content.head) < _HEADER.size:
        return False
    identity, frames, lines, samples, size = _HEADER.unpack_from(content.head)
    return identity < 256 and frames < 1 << 20 and lines < 1 << 14 and samples < 1 << 20 and size in (1, 2, 4)


def holds_grey_lines(path: Path, type: str | None) -> bool:
    """Whether the description says that these are grey levels. A side-car has no type."""
    text = companions(path)["description"].read_text(encoding="utf-8", errors="replace")
    return re.search(rf"^type:\s*{GREY}\s*$", text, re.MULTILINE) is not None


def read(path: Path, selector: str | None) -> Recorded:
    """Read one frame of an unpacked `.raw` file.

    Parameters
    ----------
    path : Path
        Needs `NAME.yml` next to it, and `NAME.tgc` or `NAME.tgc.yml` if the gain changed during the recording.
    selector : str, optional
        `FRAME`, required if there are several, or `FRAME/FIRING` for an ensemble, counted from 0.
    """
    beside = companions(path)
    if "description" not in beside:
        raise EchoShiftError(f"description: found no {path.stem}.yml next to it, expected the scanner's file")
    with path.open("rb") as file:
        _, n_frames, n_lines, n_samples, size = _HEADER.unpack(file.read(_HEADER.size))
        found = f"{n_frames} frames of {n_lines} lines of {n_samples} samples"
        expect(min(n_frames, n_lines, n_samples) > 0, "header", found, "at least 1 of each")
        frame_bytes = _STAMP + n_lines * n_samples * size
        whole = _HEADER.size + n_frames * frame_bytes
        expect(path.stat().st_size == whole, "size", f"{path.stat().st_size} bytes", f"{whole} for {found}")
        described = read_description(beside["description"], n_lines, n_samples, size)
        lines = described_lines(described.content, n_lines)
        firing = None
        if lines is not None and selector is not None and "/" in selector:
            selector, _, firing = selector.partition("/")
        chosen = np.arange(n_lines) if lines is None else lines.of_firing(firing)
        number = frame_number(selector, n_frames)
        file.seek(_HEADER.size + number * frame_bytes)
        content = file.read(frame_bytes)
    along = {"start_depth": described.start_depth}
    if lines is not None:
        along["steering"] = lines.steering(chosen)
    says, stamp = dict(described.says), int.from_bytes(content[:_STAMP], "little")
    if geometry := geometry_of_lines(described.content, None if lines is None else lines.elements[chosen], **along):
        says["geometry"] = geometry
    notes = {"frame": number, "frames": n_frames, "time_stamp": stamp, "type": described.type}
    if firing is not None:
        notes["firing"] = int(firing)
    samples = np.frombuffer(content, f"<i{min(size, 2)}", offset=_STAMP).reshape(n_lines, -1)[chosen]
    if described.type == GREY:
        # Grey levels show what the scanner's gain has made of the echoes. It is not undone.
        return Recorded(samples.view(np.uint8), says, notes, kind="grey", along=along)
    if (gain := applied_gain(described, beside.get("gain"), stamp, n_samples)) is not None:
        says["applied_gain"] = gain
    samples = samples.astype(np.float32)
    if described.type == "IQ":
        samples = samples[:, 0::2] + 1j * samples[:, 1::2]
    return Recorded(samples, says, notes, along=along)
