"""Importers for other tools' files, one module per format. The file's content selects the importer, not its name.

An importer is a module with

- `NAME`: the name of the format.
- `recognises(content: Content) -> bool`: whether a file has this format.
- `read(path: Path, selector: str | None) -> Recorded`: reads one frame. The selector is the text after `#` in a path,
  such as a frame number, counted from 0. A file with several frames requires one.

and, if files of this format state the type of their samples, and may do so wrongly,

- `SIDE_CAR_TYPES`: what a side-car's `type` may be. It is the third argument of `read`.
- `readings(path, selector, type)`: samples (line, sample) under each type that they may have, by type; empty without doubt.

Importers raise a one-line `EchoShiftError` with the field, what was found and what was expected. `open_frame` prepends
the path.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from echoshift.errors import EchoShiftError
from echoshift.formats.content import Content
from echoshift.formats.location import located
from echoshift.formats.signature import is_picture, may_hold_grey_lines

if TYPE_CHECKING:  # planning a study imports this package and must not load NumPy
    import numpy as np

    from echoshift.bmode import GreyLinesFrame
    from echoshift.frame import EnvelopeFrame, RFFrame

IMPORTERS = tuple(
    f"echoshift.formats.{name}"
    for name in ("native", "zea", "uff", "duke", "quantus", "must", "oasbud", "metaimage", "clarius")
)
"""Modules in the order in which they are tried. They are listed by name so that workflow rules can refer to them."""


def open_frame(
    path: str | Path, sidecar: str | Path | None = None, overrides: Mapping[str, float] | None = None
) -> "RFFrame | EnvelopeFrame | GreyLinesFrame":
    """Read a frame from a file in any supported format: RF or IQ, or the envelope or grey levels of detected lines.

    Parameters
    ----------
    path : path
        The file. `FILE#SELECTOR` selects one of several frames.
    sidecar : path, optional
        YAML file with missing or corrected fields (see `echoshift.formats.sidecar`). Defaults to `FILE.yaml` if it exists.
    overrides : mapping, optional
        Side-car fields that override the side-car's own values.

    Raises
    ------
    EchoShiftError
        One line with the file, the field, what was found and what was expected.
    """
    from echoshift.formats.recorded import Recorded, completed, corrected
    from echoshift.formats.sidecar import read_sidecar

    file, selector = located(path)
    side = read_sidecar(file, Path(sidecar) if sidecar else None).model_copy(update=overrides or {})
    with named(path, file):
        with Content.of(file) as content:
            importer = _importer(content)
        types = getattr(importer, "SIDE_CAR_TYPES", ())
        if side.type is not None and side.type not in types:
            expected = f"one of {', '.join(types)}" if types else f"none: {importer.NAME} says what its samples are"
            raise EchoShiftError(f"type: found {side.type!r}, expected {expected}")
        with one_line_errors(importer.NAME):
            recorded = importer.read(file, selector, side.type) if types else importer.read(file, selector)
        if isinstance(recorded, Recorded):
            return completed(recorded, side, Path(path).name, importer.NAME)
        return corrected(recorded, side)


def holds_grey_lines(path: str | Path) -> bool:
    """Whether a file has lines of grey levels, by its header and side-car. False for a file that cannot be read."""
    file, _ = located(path)
    if not may_hold_grey_lines(file):
        return False
    from echoshift.formats import clarius, metaimage
    from echoshift.formats.sidecar import read_sidecar

    importer = clarius if file.suffix.lower() == ".raw" else metaimage
    try:
        with one_line_errors(importer.NAME):
            return importer.holds_grey_lines(file, read_sidecar(file).type)
    except EchoShiftError:  # reading the frame says what is wrong
        return False


def readings(path: str | Path, sidecar: str | Path | None = None) -> "dict[str, np.ndarray]":
    """A frame's samples (line, sample) under each type that they may have, by type. Empty if there is no doubt.

    Parameters
    ----------
    path, sidecar : path
        As for `open_frame`, which can read them.
    """
    from echoshift.formats.sidecar import read_sidecar

    file, selector = located(path)
    side = read_sidecar(file, Path(sidecar) if sidecar else None)
    with named(path, file):
        with Content.of(file) as content:
            importer = _importer(content)
        return importer.readings(file, selector, side.type) if hasattr(importer, "readings") else {}


def format_of(path: str | Path) -> str:
    """The name of a frame's file format."""
    file, _ = located(path)
    with Content.of(file) as content:
        return _importer(content).NAME


def holds_frame(path: str | Path) -> bool:
    """Whether to read a file as an RF frame. This excludes images, including MATLAB files that no RF importer recognises."""
    file, _ = located(path)
    if is_picture(file):
        return False
    with Content.of(file) as content:
        return _recogniser(content) is not None or not content.head.startswith(b"MATLAB")


def _recogniser(content: Content):
    for importer in map(import_module, IMPORTERS):
        with one_line_errors(importer.NAME):
            if importer.recognises(content):
                return importer
    return None


def _importer(content: Content):
    if importer := _recogniser(content):
        return importer
    names = ", ".join(import_module(name).NAME for name in IMPORTERS)
    raise EchoShiftError(f"found {content.words}, expected an RF frame ({names})")


@contextmanager
def named(path: str | Path, file: Path) -> Iterator[None]:
    """Begin errors with a recording's path."""
    try:
        yield
    except EchoShiftError as error:
        raise EchoShiftError(f"{path}: {str(error).removeprefix(f'{file}: ')}") from None


@contextmanager
def one_line_errors(name: str) -> Iterator[None]:
    """Convert any exception of h5py, SciPy or NumPy on a damaged file to a one-line `EchoShiftError`."""
    try:
        import numpy as np

        # Validation of the frame detects overflow and NaN.
        with np.errstate(all="ignore"):
            yield
    except EchoShiftError:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise EchoShiftError(f"cannot be read as {name} ({reason[:200]})") from error
