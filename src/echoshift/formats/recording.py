"""Any recording with the settings that its initial image is made with."""

from dataclasses import dataclass
from pathlib import Path

from echoshift.bmode import BModeFrame
from echoshift.formats import holds_frame, open_frame
from echoshift.formats.declared import declared
from echoshift.formats.digests import frame_digests
from echoshift.formats.images.bmode import open_bmode
from echoshift.formats.made_with import MadeWith
from echoshift.frame import EnvelopeFrame, RFFrame
from echoshift.settings import PAPER, SETTINGS


@dataclass(frozen=True, eq=False)
class Recording:
    """A frame and where it starts.

    Attributes
    ----------
    frame : RFFrame, EnvelopeFrame or BModeFrame
    settings : dict
        The paper's values; of a picture, what it was made with.
    digests : dict
        SHA-256 of its files, by role.
    """

    frame: RFFrame | EnvelopeFrame | BModeFrame
    settings: dict[str, float]
    digests: dict[str, str]

    @property
    def reference_level(self) -> float | None:
        """In decibels; None for a picture."""
        return None if self.is_picture else self.frame.reference_level

    @property
    def is_picture(self) -> bool:
        return isinstance(self.frame, BModeFrame)


def open_recording(
    path: str | Path,
    sidecar: Path | None = None,
    reference_level: float | None = None,
    made_with: MadeWith | None = None,
) -> Recording:
    """Read echo data or a picture.

    Parameters
    ----------
    path, sidecar : path
        As for `open_frame`.
    reference_level : float, optional
        Of echo data, instead of the file's.
    made_with : MadeWith, optional
        Of a picture, instead of what its side-car says.
    """
    if holds_frame(path):
        frame = open_frame(path, sidecar).with_reference_level(reference_level)
        return Recording(frame, {name: SETTINGS[name].initial for name in PAPER}, frame_digests(path, sidecar))
    made_with = made_with or declared(path, sidecar=sidecar)
    frame = open_bmode(path, made_with)
    return Recording(frame, made_with.settings, frame_digests(path, sidecar, made_with.mask))
