"""An imported RF frame, and how a side-car completes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats.sidecar import SideCar
from echoshift.frame import Acquisition, RFFrame


@dataclass(frozen=True, eq=False)
class Recorded:
    """One frame as read by an importer.

    Attributes
    ----------
    samples : ndarray, (line, sample)
        Real RF or complex IQ.
    format : str
        Name of the file's format, such as `UFF (USTB)`.
    says : mapping
        Fields of `RFFrame` that the file gives, by name. Unknown ones are omitted.
    notes : mapping
        Further facts for the frame's metadata, as JSON values.
    depth_step : float, optional
        Distance between neighbouring samples of a line, in metres, if the file gives their positions instead of a
        rate. The sampling frequency then follows from it and the speed of sound.
    """

    samples: np.ndarray
    format: str
    says: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)
    depth_step: float | None = None


def completed(recorded: Recorded, side: SideCar, name: str) -> RFFrame:
    """Combine the fields of a file and its side-car. The side-car takes precedence.

    Parameters
    ----------
    recorded : Recorded
    side : SideCar
        Empty if the file has none.
    name : str
        Name of the file, for the frame's metadata.

    Raises
    ------
    EchoShiftError
        If a required field is missing from both, or a value is invalid.
    """
    samples = np.asarray(recorded.samples)
    if samples.ndim != 2 or min(samples.shape) < 2:
        raise EchoShiftError(f"samples: found shape {samples.shape}, expected (line, sample), at least 2 of each")
    fields = {**recorded.says, **side.fields(samples.shape[0])}
    if recorded.depth_step is not None and side.sampling_frequency is None:
        # The samples keep the file's positions even if a side-car changes the speed of sound.
        fields["sampling_frequency"] = fields.get("sound_speed", Acquisition.sound_speed) / (2 * recorded.depth_step)
    for wanted in ("geometry", "sampling_frequency", "center_frequency"):
        if fields.get(wanted) is None:
            raise EchoShiftError(
                f"{wanted}: found neither in the file ({recorded.format}) nor in a side-car, expected it in one of them"
            )
    unknown = set(fields) - set(Acquisition.__dataclass_fields__)
    assert not unknown, f"not fields of a frame: {unknown}"
    metadata = {"source": name, "format": recorded.format, **recorded.notes}
    return RFFrame(samples, **{**fields, "metadata": metadata})


def corrected(frame: RFFrame, side: SideCar) -> RFFrame:
    """A complete frame with the side-car's fields replacing its own."""
    return replace(frame, **side.fields(frame.samples.shape[0]))
