"""Rows of a sheet for the pictures in folders named as classes, or for the public liver images."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from echoshift.errors import EchoShiftError
from echoshift.formats.images import liver_mat
from echoshift.formats.location import sidecar_of
from echoshift.formats.signature import is_picture
from echoshift.geometry import expect
from echoshift.study.config import Word
from echoshift.study.sheets import RESERVED, RESERVED_END, SIMULATED

COLUMNS = ("frame_id", "patient_id", "path", "label")


@dataclass(frozen=True)
class Row:
    """One picture.

    Attributes
    ----------
    frame_id, patient_id, label : str
        The label is the name of the class.
    path : str
        As it stands in the sheet, relative to its folder.
    place : str
        As `open_picture` takes it.
    """

    frame_id: str
    patient_id: str
    path: str
    label: str
    place: str

    @property
    def cells(self) -> dict[str, str]:
        return {column: getattr(self, column) for column in COLUMNS}


def rows_of(source: Path, sheet: Path, pattern: str | None = None) -> tuple[list[Row], list[str]]:
    """List the pictures of a folder or of a file, without opening them.

    Parameters
    ----------
    source : Path
        A folder with a folder for each class, whose pictures may lie in further folders, or the `.mat` file of the
        public liver images.
    sheet : Path
        The sheet. Paths are relative to its folder.
    pattern : str, optional
        Regular expression with one group, searched for in a picture's path within the folder of its class: the group is
        the patient's id. By default each picture has a patient of its own.

    Returns
    -------
    list of Row
        In the order of their paths.
    list of str
        A line on each file that is left out.
    """
    if source.is_file():
        expect(pattern is None, "--patient", repr(pattern), f"none: {source} holds the patients' ids")
        return list(_liver_rows(source, sheet)), []
    expect(source.is_dir(), str(source), "no such folder or file", "a folder with a folder of pictures for each class")
    expression = _compiled(pattern)
    files, left_out = [], []
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        within = path.relative_to(source)
        if any(part.startswith(".") for part in within.parts) or _is_sidecar(path):
            continue
        if complaint := _complaint(path, within, sheet):
            left_out.append(f"{path}: left out: {complaint}")
        else:
            files.append((within.parts[0], Path(*within.parts[1:]), path))
    for name in dict.fromkeys(label for label, _, _ in files):
        _check_class(source / name)
    names = _names([(label, within) for label, within, _ in files])
    rows = [
        Row(name, _patient(expression, within, path) or name, _cell(path, sheet), label, str(path))
        for name, (label, within, path) in zip(names, files, strict=True)
    ]
    return rows, left_out


def _liver_rows(source: Path, sheet: Path) -> Iterator[Row]:
    try:
        patients = liver_mat.contents(source)
    except EchoShiftError as error:
        raise EchoShiftError(f"{source}: {error}") from None
    for identity, label, n_images in patients:
        for number in range(n_images):
            selector = f"#{identity}/{number}"
            yield Row(f"P{identity}_{number}", identity, _cell(source, sheet) + selector, label, str(source) + selector)


def _is_sidecar(path: Path) -> bool:
    return path.suffix == ".yaml" and sidecar_of(path.with_suffix("")) == path and path.with_suffix("").is_file()


def _complaint(path: Path, within: Path, sheet: Path) -> str | None:
    if len(within.parts) < 2:
        return "it lies in no folder of a class"
    if not is_picture(path):
        return "not a PNG, JPEG, TIFF or DICOM file"
    cell = _cell(path, sheet)
    if cell != cell.strip() or len(cell.splitlines()) != 1:
        return "its name begins or ends with a space, or has several lines, which a sheet cannot hold"
    return None


def _check_class(folder: Path) -> None:
    try:
        TypeAdapter(Word).validate_python(folder.name)
    except ValidationError:
        raise EchoShiftError(
            f"{folder}: found a class {folder.name!r}, expected up to 24 letters, digits, spaces, _ and -"
        ) from None


def _compiled(pattern: str | None) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise EchoShiftError(
            f"--patient: found {pattern!r} ({error}), expected a regular expression with one group"
        ) from None
    expect(expression.groups == 1, "--patient", f"{pattern!r} with {expression.groups} groups", "one group: the id")
    return expression


def _patient(expression: re.Pattern[str] | None, within: Path, path: Path) -> str | None:
    """The patient's id, or None without an expression."""
    if expression is None:
        return None
    found = expression.search(within.as_posix())
    identity = ((found and found.group(1)) or "").strip()
    expect(
        bool(identity), f"{path}: --patient", f"no id in {within.as_posix()!r}", f"a match of {expression.pattern!r}"
    )
    return identity


def _cell(path: Path, sheet: Path) -> str:
    cell = Path(os.path.relpath(path, sheet.parent)).as_posix()
    return f"./{cell}" if cell.startswith(SIMULATED) else cell


def _names(files: Sequence[tuple[str, Path]]) -> list[str]:
    """Unique ids: the file's name; where several have it, with its folders; where these are the same too, with a number."""
    names = [_valid(within.stem) for _, within in files]
    counts = Counter(names)
    for i, (label, within) in enumerate(files):
        if counts[names[i]] > 1:
            names[i] = _valid("_".join((label, *within.with_suffix("").parts)))
    return list(_numbered(names))


def _valid(text: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", text).lstrip("_.-")
    return f"{name or 'picture'}_0" if name == RESERVED or name.endswith(RESERVED_END) or not name else name


def _numbered(names: Iterable[str]) -> Iterator[str]:
    names = list(names)
    counts, taken = Counter(names), set()
    taken.update(name for name in names if counts[name] == 1)
    for name in names:
        found, number = name, 1
        while counts[name] > 1 and found in taken:
            number += 1
            found = f"{name}_{number}"
        taken.add(found)
        yield found
