"""Frames of a sheet that have grey levels, pictures or lines, with what they were made with."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from echoshift.errors import EchoShiftError
from echoshift.formats import holds_grey_lines
from echoshift.formats.declared import declared, declared_of_lines
from echoshift.formats.location import located
from echoshift.formats.made_with import MadeWith
from echoshift.formats.signature import head_of, is_dicom, is_picture
from echoshift.settings import BEFORE_DETECTION, PAPER
from echoshift.study.sheets import Recording


def with_pictures(frames: Sequence[Recording], recorded: MadeWith | None, folder: str) -> list[Recording]:
    """The same frames, those that have grey levels with what they were made with.

    Parameters
    ----------
    frames : sequence of Recording
    recorded : MadeWith or None
        What the configuration says of the whole cohort.
    folder : str
        The configuration's folder.

    Raises
    ------
    EchoShiftError
        One line, if something about a picture is wrong, or nothing tells its window.
    """
    cohort = (recorded.model_dump(exclude_unset=True), Path(folder)) if recorded else None
    return [_with_window(frame, cohort) for frame in frames]


def _with_window(frame: Recording, cohort: tuple[dict, Path] | None) -> Recording:
    if frame.simulated:
        return frame
    try:
        has_pictures = holds_picture(frame.path)
        has_grey_lines = not has_pictures and holds_grey_lines(frame.path)
    except OSError as error:
        raise EchoShiftError(f"{frame.where}, path: cannot be read ({error.strerror}), expected a recording") from None
    except EchoShiftError as error:
        raise EchoShiftError(f"{frame.where}, path: {error}") from None
    if has_pictures:
        return _declared(replace(frame, is_picture=True), declared, cohort)
    return _declared(frame, declared_of_lines, cohort) if has_grey_lines else frame


def holds_picture(path: str) -> bool:
    """Whether a file has pictures."""
    file = located(path)[0]
    return is_picture(file) or (head_of(file).startswith(b"MATLAB") and not _is_rf(str(file)))


@lru_cache(maxsize=64)
def _is_rf(file: str) -> bool:
    """Whether a MATLAB file is read as RF. Cached, as a sheet has many rows of one file."""
    from echoshift.formats import holds_frame

    return holds_frame(file)


def _declared(frame: Recording, say: Callable[..., MadeWith], cohort: tuple[dict, Path] | None) -> Recording:
    if others := [name for name in frame.initial if name not in PAPER]:
        raise EchoShiftError(
            f"{frame.where}, {others[0]}: found an initial value for a picture, expected none: it acts on what the picture shows"
        )
    try:
        made_with = say(frame.path, cohort, frame.initial)
    except EchoShiftError as error:
        raise EchoShiftError(f"{frame.where}: {error}") from None
    if made_with.window is None:
        raise EchoShiftError(
            f"{frame.where}: found grey levels and nothing that says which are black and white, expected alpha_l and alpha_u, or "
            "dynamic_range, in its side-car or in recorded; if nobody knows, recorded: {assume: {dynamic_range: 60}}"
        )
    masks = (made_with.mask,) if made_with.mask else ()
    if masks and not Path(made_with.mask).is_file():
        raise EchoShiftError(f"{frame.where}: sector.mask: file {made_with.mask!r} not found")
    return replace(frame, made_with=made_with, files=(*frame.files, *masks))


def cannot_move(frame: Recording, name: str) -> str | None:
    """Why a setting cannot be moved on grey levels, and what to declare; None if it can."""
    if name == BEFORE_DETECTION:
        return "expected RF: it acts before detection"
    if name != "beta" or not frame.is_picture:  # lines come with frequency and depths
        return None
    missing = [] if frame.made_with.center_frequency else ["center_frequency"]
    if frame.made_with.pixel_size is None and not _says_pixel_size(frame.path):
        missing.append("pixel_size")
    return f"expected {' and '.join(missing)} in its side-car or in recorded" if missing else None


def _says_pixel_size(path: str) -> bool:
    """Whether a DICOM file gives the size of its pixels. Other pictures do not."""
    file = located(path)[0]
    if not is_dicom(head_of(file)):
        return False
    from echoshift.formats.images.dicom import says_pixel_size

    return says_pixel_size(file)
