"""Whether a file is a picture, by its first bytes. Planning a study imports this module, so it has no NumPy."""

from pathlib import Path

from echoshift.formats.location import located

_MARKS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*")
HEAD = 132
"""Bytes that tell a picture."""


def head_of(file: Path) -> bytes:
    """A file's first bytes."""
    with file.open("rb") as opened:
        return opened.read(HEAD)


def is_dicom(head: bytes) -> bool:
    """Whether a file that begins so is DICOM."""
    return head[128:] == b"DICM"


def is_picture(path: str | Path) -> bool:
    """Whether a file has the signature of PNG, JPEG, TIFF or DICOM."""
    try:
        head = head_of(located(path)[0])
    except OSError:
        return False
    return head.startswith(_MARKS) or is_dicom(head)


def may_hold_grey_lines(file: Path) -> bool:
    """Whether a file is a MetaImage or Clarius raw data, which may have lines of grey levels."""
    try:
        return file.suffix.lower() == ".raw" or head_of(file).startswith((b"ObjectType", b"NDims"))
    except OSError:
        return False
