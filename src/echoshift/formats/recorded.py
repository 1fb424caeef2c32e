"""What a file says of an RF frame, and how a side-car completes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats.sidecar import SideCar
from echoshift.frame import Acquisition, RFFrame


@dataclass(frozen=True, eq=False)
class Recorded:
    """One frame as an importer found it.

    Attributes
    ----------
    samples : ndarray, (line, sample)
        Real RF or complex IQ.
    format : str
        Of the file, in words, such as `UFF (USTB)`.
    says : mapping
        Fields of `RFFrame` that the file knows, by name; one that it does not know is left out.
    notes : mapping
        Further facts worth remembering, as JSON values: they go into the frame's metadata.
    depth_step : float, optional
        Distance between neighbouring samples of a line, in metres, where the file has their places instead of a rate:
        the sampling frequency follows from it and the speed of sound.
    """

    samples: np.ndarray
    format: str
    says: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)
    depth_step: float | None = None


def completed(recorded: Recorded, side: SideCar, name: str) -> RFFrame:
    """Join what the file says with what its side-car says; the side-car wins.

    Parameters
    ----------
    recorded : Recorded
    side : SideCar
        An empty one where there is none.
    name : str
        Of the file, for the frame's metadata.

    Raises
    ------
    EchoShiftError
        If neither says what a frame must have, or what they say cannot be.
    """
    samples = np.asarray(recorded.samples)
    if samples.ndim != 2 or min(samples.shape) < 2:
        raise EchoShiftError(f"samples: found shape {samples.shape}, expected (line, sample), at least 2 of each")
    fields = {**recorded.says, **side.fields(samples.shape[0])}
    if recorded.depth_step is not None and side.sampling_frequency is None:
        # Whatever speed a side-car corrects, the samples stay where the file has them.
        fields["sampling_frequency"] = fields.get("sound_speed", Acquisition.sound_speed) / (2 * recorded.depth_step)
    for wanted in ("geometry", "sampling_frequency", "center_frequency"):
        if fields.get(wanted) is None:
            raise EchoShiftError(
                f"{wanted}: found neither in the file ({recorded.format}) nor in a side-car, expected it in one of them"
            )
    unknown = set(fields) - set(Acquisition.__dataclass_fields__)
    assert not unknown, f"no fields of a frame: {unknown}"
    metadata = {"source": name, "format": recorded.format, **recorded.notes}
    return RFFrame(samples, **{**fields, "metadata": metadata})


def corrected(frame: RFFrame, side: SideCar) -> RFFrame:
    """A complete frame, with what a side-car says instead of its own."""
    return replace(frame, **side.fields(frame.samples.shape[0]))
