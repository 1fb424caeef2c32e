"""Any recording with the settings that its initial image is made with."""

from dataclasses import asdict, dataclass
from pathlib import Path

from echoshift.bmode import BModeFrame, GreyLinesFrame
from echoshift.errors import EchoShiftError
from echoshift.formats import holds_frame, named, open_frame
from echoshift.formats.declared import declared
from echoshift.formats.digests import frame_digests
from echoshift.formats.images.bmode import open_bmode
from echoshift.formats.location import located
from echoshift.formats.made_with import MadeWith
from echoshift.frame import EnvelopeFrame, RFFrame
from echoshift.settings import PAPER, SETTINGS


@dataclass(frozen=True, eq=False)
class Opened:
    """A frame and where it starts.

    Attributes
    ----------
    frame : RFFrame, EnvelopeFrame, BModeFrame or GreyLinesFrame
    settings : dict
        The paper's values; of grey levels, what they were made with.
    digests : dict
        SHA-256 of its files, by role.
    """

    frame: RFFrame | EnvelopeFrame | BModeFrame | GreyLinesFrame
    settings: dict[str, float]
    digests: dict[str, str]

    @property
    def reference_level(self) -> float | None:
        """In decibels; None for grey levels."""
        return None if self.is_grey else self.frame.reference_level

    @property
    def is_grey(self) -> bool:
        """Whether it is a picture, or lines of grey levels."""
        return isinstance(self.frame, BModeFrame | GreyLinesFrame)


def open_recording(
    path: str | Path,
    sidecar: Path | None = None,
    reference_level: float | None = None,
    made_with: MadeWith | None = None,
) -> Opened:
    """Read echo data or a picture.

    Parameters
    ----------
    path, sidecar : path
        As for `open_frame`.
    reference_level : float, optional
        Of echo data, instead of the file's.
    made_with : MadeWith, optional
        Of grey levels, instead of what their side-car says.
    """
    with named(path, located(path)[0]):
        is_frame = holds_frame(path)
    if is_frame:
        overrides = {} if made_with is None else {"recorded": made_with}
        frame = open_frame(path, sidecar, overrides)
        if isinstance(frame, GreyLinesFrame):
            _refuse_level(path, reference_level)
            return Opened(frame, asdict(frame.window), frame_digests(path, sidecar))
        if made_with is not None:
            raise EchoShiftError(
                f"{path}: found echo data, expected a picture or lines of grey levels with this window"
            )
        frame = frame.with_reference_level(reference_level)
        return Opened(frame, {name: SETTINGS[name].initial for name in PAPER}, frame_digests(path, sidecar))
    _refuse_level(path, reference_level)
    made_with = made_with or declared(path, sidecar=sidecar)
    frame = open_bmode(path, made_with)
    return Opened(frame, made_with.settings, frame_digests(path, sidecar, made_with.mask))


def _refuse_level(path: str | Path, reference_level: float | None) -> None:
    if reference_level is not None:
        raise EchoShiftError(
            f"{path}: reference level: found {reference_level:g} dB for grey levels, expected none: alpha_l and alpha_u say what they show"
        )
