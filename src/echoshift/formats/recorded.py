"""An imported frame, and how a side-car completes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

import numpy as np

from echoshift.bmode import GreyLinesFrame, Window
from echoshift.formats.sidecar import SideCar
from echoshift.frame import SOUND_SPEED, Acquisition, EnvelopeFrame, RFFrame
from echoshift.geometry import expect

Kind = Literal["rf", "envelope", "grey"]


@dataclass(frozen=True, eq=False)
class Recorded:
    """One frame as read by an importer.

    Attributes
    ----------
    samples : ndarray, (line, sample)
        Real RF or complex IQ, a linear envelope, or grey levels (uint8).
    says : mapping
        Fields of a frame that the file gives, by name. Unknown ones are omitted.
    notes : mapping
        Further facts for the frame's metadata, as JSON values.
    depth_step : float, optional
        Distance between neighbouring samples of a line, in metres, if the file gives their positions instead of a
        rate. The sampling frequency then follows from it and the speed of sound.
    kind : str
        What the samples are.
    along : mapping
        What the file says about its lines if it has no whole geometry: `start_depth` (m) and `steering` (rad). They
        complete a side-car's geometry, which must not contradict them.
    """

    samples: np.ndarray
    says: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)
    depth_step: float | None = None
    kind: Kind = "rf"
    along: Mapping[str, float] = field(default_factory=dict)


def completed(recorded: Recorded, side: SideCar, name: str, format: str) -> RFFrame | EnvelopeFrame | GreyLinesFrame:
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
        If a required field is missing from both, or a value is invalid, or a side-car contradicts the file.
    """
    samples = np.asarray(recorded.samples)
    is_frame = samples.ndim == 2 and min(samples.shape) >= 2
    expect(is_frame, "samples", f"shape {samples.shape}", "(line, sample), at least 2 of each")
    known = {**recorded.says, **_fields(side, samples.shape[0], recorded.kind == "rf", recorded.along)}
    if recorded.depth_step is not None and side.sampling_frequency is None:
        # The samples keep the file's positions even if a side-car changes the speed of sound.
        known["sampling_frequency"] = known.get("sound_speed", SOUND_SPEED) / (2 * recorded.depth_step)
    unknown = set(known) - {one.name for one in fields(Acquisition)}
    assert not unknown, f"not fields of a frame: {unknown}"
    known["metadata"] = {"source": name, "format": format, **recorded.notes}
    if recorded.kind == "grey":
        window = side.recorded and side.recorded.window
        expect(window is not None, "recorded", "lines of grey levels and nothing that says which levels are black and white",
               "alpha_l and alpha_u, or dynamic_range, in the side-car or the study")  # fmt: skip
        known["window"] = Window(**side.recorded.settings)
    nowhere = f"neither in the file ({format}) nor in a side-car"
    for wanted in ("geometry", "sampling_frequency", "center_frequency"):
        expect(known.get(wanted) is not None, wanted, nowhere, "it in one of them")
    frame = {"rf": RFFrame, "envelope": EnvelopeFrame, "grey": GreyLinesFrame}[recorded.kind]
    return frame(samples, **known)


def corrected(frame: RFFrame | EnvelopeFrame, side: SideCar) -> RFFrame | EnvelopeFrame:
    """A complete frame with the fields of a side-car."""
    return replace(frame, **_fields(side, frame.geometry.n_lines, isinstance(frame, RFFrame)))


def _fields(side: SideCar, n_lines: int, is_rf: bool, along: Mapping[str, float] | None = None) -> dict[str, Any]:
    expect(is_rf or side.band_pass is None, "band_pass", side.band_pass, "none for lines after envelope detection")
    return side.fields(n_lines, along or {})
