"""An imported RF frame, and how a side-car completes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from echoshift.formats.sidecar import SideCar
from echoshift.frame import SOUND_SPEED, Acquisition, RFFrame
from echoshift.geometry import expect


@dataclass(frozen=True, eq=False)
class Recorded:
    """One frame as read by an importer.

    Attributes
    ----------
    samples : ndarray, (line, sample)
        Real RF or complex IQ.
    says : mapping
        Fields of `RFFrame` that the file gives, by name. Unknown ones are omitted.
    notes : mapping
        Further facts for the frame's metadata, as JSON values.
    depth_step : float, optional
        Distance between neighbouring samples of a line, in metres, if the file gives their positions instead of a
        rate. The sampling frequency then follows from it and the speed of sound.
    """

    samples: np.ndarray
    says: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)
    depth_step: float | None = None


def completed(recorded: Recorded, side: SideCar, name: str, format: str) -> RFFrame:
    """Combine the fields of a file and its side-car. The side-car takes precedence.

    Parameters
    ----------
    recorded : Recorded
    side : SideCar
        Empty if the file has none.
    name, format : str
        Names of the file and of its format, for the frame's metadata.

    Raises
    ------
    EchoShiftError
        If a required field is missing from both, or a value is invalid.
    """
    samples = np.asarray(recorded.samples)
    is_frame = samples.ndim == 2 and min(samples.shape) >= 2
    expect(is_frame, "samples", f"shape {samples.shape}", "(line, sample), at least 2 of each")
    fields = {**recorded.says, **side.fields(samples.shape[0])}
    if recorded.depth_step is not None and side.sampling_frequency is None:
        # The samples keep the file's positions even if a side-car changes the speed of sound.
        fields["sampling_frequency"] = fields.get("sound_speed", SOUND_SPEED) / (2 * recorded.depth_step)
    nowhere = f"neither in the file ({format}) nor in a side-car"
    for wanted in ("geometry", "sampling_frequency", "center_frequency"):
        expect(fields.get(wanted) is not None, wanted, nowhere, "it in one of them")
    unknown = set(fields) - set(Acquisition.__dataclass_fields__)
    assert not unknown, f"not fields of a frame: {unknown}"
    metadata = {"source": name, "format": format, **recorded.notes}
    return RFFrame(samples, **{**fields, "metadata": metadata})
