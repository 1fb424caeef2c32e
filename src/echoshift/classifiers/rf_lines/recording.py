"""The RF of a recording, for a classifier that reads it instead of a picture."""

from pathlib import Path

from echoshift.classifiers.rf_lines.pieces import check_rf
from echoshift.errors import EchoShiftError
from echoshift.formats.recording import open_recording
from echoshift.frame import RFFrame


def open_rf(path: str | Path, sidecar: Path | None = None) -> RFFrame:
    """Read a recording. Raises an `EchoShiftError` of one line if it has no RF."""
    opened = open_recording(path, sidecar)
    if opened.is_grey:
        raise EchoShiftError(f"{path}: found grey levels, expected RF (real samples) for a classifier of RF lines")
    try:
        check_rf(opened.frame)
    except EchoShiftError as error:
        raise EchoShiftError(f"{path}: {error}") from None
    return opened.frame
