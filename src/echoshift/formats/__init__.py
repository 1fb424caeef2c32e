"""Files of other tools: one importer a file, each returns an RFFrame or an image; the content decides, not the name."""

from pathlib import Path

from echoshift.errors import EchoShiftError
from echoshift.frame import RFFrame


def open_frame(path: str | Path, sidecar: str | Path | None = None) -> RFFrame:
    """Read an RF frame from any file that EchoShift understands.

    Parameters
    ----------
    path : path
        EchoShift's HDF5, or MetaImage (`.mha`, or `.mhd` with its data file).
    sidecar : path, optional
        YAML with what a MetaImage does not say; `PATH.yaml` if left out.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise EchoShiftError(f"{path}: cannot be read ({error.strerror}), expected an RF frame") from None
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return RFFrame.open(path)
    if b"DimSize" in head and b"=" in head:
        from echoshift.formats.metaimage import read_metaimage

        return read_metaimage(path, sidecar)
    found = "an empty file" if not head else f"a file beginning with {head[:8]!r}"
    raise EchoShiftError(f"{path}: found {found}, expected an RF frame (EchoShift HDF5 or MetaImage)")
