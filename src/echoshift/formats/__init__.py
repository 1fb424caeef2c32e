"""Files of other tools: one importer a file; the content decides which, not the name.

An importer is a module with

- `NAME`: the format in words;
- `recognises(content: Content) -> bool`: whether a file is one of its own;
- `read(path: Path, selector: str | None) -> Recorded`: one frame; the selector is what stands behind `#` in a path,
  such as the number of a frame, counted from 0. A file of several frames without a selector is an error.

Anything wrong with a file is an `EchoShiftError` of one line that names field, found and expected; the path is put
before it here.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from echoshift.errors import EchoShiftError
from echoshift.formats.content import Content
from echoshift.formats.location import located

if TYPE_CHECKING:  # planning a study imports this package: not NumPy
    from echoshift.frame import RFFrame

IMPORTERS = tuple(
    f"echoshift.formats.{name}"
    for name in ("native", "zea", "uff", "duke", "quantus", "must", "oasbud", "metaimage", "clarius")
)
"""Modules, in the order in which they are asked whether a file is theirs; imported by name, so that rules name them too."""


def open_frame(
    path: str | Path, sidecar: str | Path | None = None, told: Mapping[str, float] | None = None
) -> "RFFrame":
    """Read an RF frame from any file that EchoShift understands.

    Parameters
    ----------
    path : path
        The file; `FILE#SELECTOR` chooses a frame of several.
    sidecar : path, optional
        YAML with what the file does not say (see `echoshift.formats.sidecar`); `FILE.yaml` if left out and there.
    told : mapping, optional
        Numbers of a side-car, by name, that come before its own.

    Raises
    ------
    EchoShiftError
        One line: the file, the field, what was found and what was expected.
    """
    from echoshift.formats.recorded import completed, corrected
    from echoshift.formats.sidecar import read_sidecar
    from echoshift.frame import RFFrame

    file, selector = located(path)
    side = read_sidecar(file, Path(sidecar) if sidecar else None).model_copy(update=told or {})
    try:
        with Content.of(file) as content:
            importer = _importer(content)
        with _damage_told(importer.NAME):
            recorded = importer.read(file, selector)
        if isinstance(recorded, RFFrame):
            return corrected(recorded, side)
        return completed(recorded, side, Path(path).name)
    except EchoShiftError as error:
        raise EchoShiftError(f"{path}: {str(error).removeprefix(f'{file}: ')}") from None


def format_of(path: str | Path) -> str:
    """The format of an RF frame's file, in words."""
    file, _ = located(path)
    with Content.of(file) as content:
        return _importer(content).NAME


def holds_frame(path: str | Path) -> bool:
    """Whether a file is to be read as an RF frame: one that neither is an image nor could be one of a MATLAB file."""
    from echoshift.formats.images import is_picture

    file, _ = located(path)
    if is_picture(file):
        return False
    with Content.of(file) as content:
        return _recogniser(content) is not None or not content.head.startswith(b"MATLAB")


def _recogniser(content: Content):
    for name in IMPORTERS:
        importer = import_module(name)
        with _damage_told(importer.NAME):
            if importer.recognises(content):
                return importer
    return None


def _importer(content: Content):
    if importer := _recogniser(content):
        return importer
    names = ", ".join(import_module(name).NAME for name in IMPORTERS)
    raise EchoShiftError(f"found {content.words}, expected an RF frame ({names})")


@contextmanager
def _damage_told(name: str) -> Iterator[None]:
    """One line instead of whatever h5py, SciPy or NumPy raise where a damaged file contradicts itself."""
    try:
        import numpy as np

        # What overflows or comes to nothing is found out when the frame is checked.
        with np.errstate(all="ignore"):
            yield
    except EchoShiftError:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise EchoShiftError(f"cannot be read as {name} ({reason[:200]})") from error
