"""The two sheets: CSV files that list the frames and the additional images, checked row by row."""

import csv
import difflib
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from echoshift.errors import EchoShiftError
from echoshift.formats.location import companions, located
from echoshift.formats.made_with import MadeWith
from echoshift.phantom.fat_limits import FAT_GRADE
from echoshift.phantom.scanners import SCANNERS, USUAL
from echoshift.settings import DECIMALS, SETTINGS

SIMULATED = "simulated/"
"""Path prefix of recordings that the workflow simulates inside the results folder."""

TEST_ONLY, SCANNER = "test_only", "scanner"
"""Columns of the frames: whether no model is trained on a frame, and what it was recorded with."""

MOST_GROUPS = 20
"""Groups of frames that are told apart at most."""

RESERVED = "batches"
"""Forbidden as an id: it is the name of a results folder."""
RESERVED_END = ".sha256"
"""Forbidden at the end of an id: it is the suffix of a reconstruction's digest file."""


@dataclass(frozen=True)
class Recording:
    """One row of a sheet.

    Attributes
    ----------
    name : str
        Id of the frame or image.
    patient_id : str
    label : int or None
        Place of the class in the configuration's `classes`, from 0; None if unknown (frames only). An unlabelled frame is
        never used for training, and an attack tries to change the classifier's initial answer.
    path : str
        The file, which may still have to be simulated, or `FILE#SELECTOR` for one of several recordings in it.
    simulated : bool
    files : tuple of str
        The file without selector, and its companions: a MetaImage's side-car and data files.
    initial, low, high : dict
        Initial values and bounds of settings in this row (frames only).
    where : str
        Sheet, row and id, for error messages.
    made_with : MadeWith or None
        What grey levels among the frames were made with, pictures or lines; None for echo data, and for further images.
    is_picture : bool
        Whether it is a picture among the frames.
    group : str
        Cell of the column that frames are grouped by; empty without one.
    test_only : bool
        Whether the frame is classified and attacked, but no model is trained on it.
    scanner : str
        What it was recorded with; of a simulated frame an entry of `SCANNERS`. Empty if nobody says.
    """

    name: str
    patient_id: str
    label: int | None
    path: str
    simulated: bool
    files: tuple[str, ...]
    where: str
    initial: dict[str, float] = field(default_factory=dict)
    low: dict[str, float] = field(default_factory=dict)
    high: dict[str, float] = field(default_factory=dict)
    made_with: MadeWith | None = None
    is_picture: bool = False
    group: str = ""
    test_only: bool = False
    scanner: str = ""

    @property
    def is_grey(self) -> bool:
        """Whether it has grey levels, whose settings are moved after detection."""
        return self.made_with is not None


def read_frames(sheet: str, results_dir: str, classes: Sequence[str], group_by: str | None = None) -> list[Recording]:
    """Read the sheet of frames: `frame_id, patient_id, path, label` (may be empty).

    Optional are `test_only`, `scanner`, and `NAME`, `NAME_min`, `NAME_max` of settings. A label is the name of a class or
    its number, as spreadsheets write it (`1.0`). `group_by` is a column with a word for each frame's group.
    """
    settings = [f"{name}{end}" for name in SETTINGS for end in ("", "_min", "_max")]
    optional = [one for one in (TEST_ONLY, SCANNER, *settings) if one != group_by]
    column = None if group_by == FAT_GRADE else group_by
    frames = _read(sheet, "frame_id", optional, f"{SIMULATED}frames/{{}}.h5", results_dir, classes, column)
    if len(groups := {frame.group for frame in frames}) > MOST_GROUPS:
        raise EchoShiftError(f"{sheet}, {column}: found {len(groups)} groups, expected at most {MOST_GROUPS}")
    return frames


def read_images(sheet: str, results_dir: str, classes: Sequence[str]) -> list[Recording]:
    """Read the sheet of additional images: `image_id, patient_id, path, label`, a label as for frames."""
    return _read(sheet, "image_id", [], f"{SIMULATED}images/{{}}.png", results_dir, classes)


def _read(
    sheet: str,
    id_column: str,
    optional: list[str],
    simulated_path: str,
    results_dir: str,
    classes: Sequence[str],
    group_by: str | None = None,
) -> list[Recording]:
    recordings: dict[str, Recording] = {}
    of_path: dict[tuple[Path, str], str] = {}
    required = [id_column, "patient_id", "path", "label", *([group_by] if group_by else [])]
    numeric = [column for column in optional if column not in (TEST_ONLY, SCANNER)]
    for number, row in _rows(sheet, required, optional):
        name = row[id_column]
        where = f"{sheet} row {number} ({id_column} {name})"
        if not re.fullmatch("[A-Za-z0-9][A-Za-z0-9_.-]*", name):
            raise EchoShiftError(
                f"{sheet} row {number}, {id_column}: found {name!r}, expected letters, digits and '_.-', starting with a letter or digit"
            )
        if name == RESERVED or name.endswith(RESERVED_END):
            raise EchoShiftError(f"{where}: found the id {name!r}, expected another id: results use this name")
        if name in recordings:
            raise EchoShiftError(
                f"{where}: found the same {id_column} as in {recordings[name].where}, expected unique ids"
            )
        if not row["patient_id"]:
            raise EchoShiftError(f"{where}, patient_id: found nothing, expected the patient's pseudonym")
        path, simulated = _path(sheet, row["path"], simulated_path.format(name), results_dir, where)
        label = _label(row["label"], where, classes, may_be_unknown=id_column == "frame_id" and not simulated)
        numbers = {column: _number(row[column], f"{where}, {column}") for column in numeric if row.get(column)}
        scanner = _scanner(row.get(SCANNER, ""), where, simulated and id_column == "frame_id")
        file, selector = located(path)  # a recording's path may be written in several ways
        twin = of_path.setdefault((file.resolve(), selector or "0"), name)
        if twin != name and (recordings[twin].patient_id, recordings[twin].label) != (row["patient_id"], label):
            raise EchoShiftError(
                f"{where}, path: found the recording of {twin} again, expected the same patient and label in both rows"
            )
        recordings[name] = Recording(
            name=name,
            patient_id=row["patient_id"],
            label=label,
            path=path,
            simulated=simulated,
            files=_files(path, where),
            where=where,
            initial={setting: numbers[setting] for setting in SETTINGS if setting in numbers},
            low={setting: numbers[f"{setting}_min"] for setting in SETTINGS if f"{setting}_min" in numbers},
            high={setting: numbers[f"{setting}_max"] for setting in SETTINGS if f"{setting}_max" in numbers},
            group=scanner if group_by == SCANNER else row[group_by] if group_by else "",
            test_only=_yes(row.get(TEST_ONLY, ""), f"{where}, {TEST_ONLY}"),
            scanner=scanner,
        )
    if not recordings:
        raise EchoShiftError(f"{sheet}: found no rows, expected at least one")
    return list(recordings.values())


def _rows(sheet: str, required: list[str], optional: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a CSV file with their line numbers; lines starting with '#' are comments."""
    try:
        text = Path(sheet).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise EchoShiftError(f"{sheet}: cannot be read ({error.strerror}), expected a CSV sheet") from None
    except UnicodeDecodeError as error:
        number = error.object[: error.start].count(b"\n") + 1
        raise EchoShiftError(
            f"{sheet} row {number}: found bytes that are not UTF-8 text, expected a CSV sheet saved as UTF-8"
        ) from None
    lines = (
        (i, line) for i, line in enumerate(text.splitlines(), start=1) if line.strip() and not line.startswith("#")
    )
    columns: list[str] = []
    for number, line in lines:
        cells = [cell.strip() for cell in next(csv.reader([line]))]
        if not columns:
            columns = cells
            _check_columns(sheet, columns, required, optional)
        elif len(cells) != len(columns):
            raise EchoShiftError(f"{sheet} row {number}: found {len(cells)} cells, expected {len(columns)}")
        elif any(cells):  # spreadsheets write rows of empty cells
            yield number, dict(zip(columns, cells, strict=True))
    if not columns:
        raise EchoShiftError(f"{sheet}: found an empty file, expected a header with {', '.join(required)}")


def _check_columns(sheet: str, columns: list[str], required: list[str], optional: list[str]) -> None:
    for column in required:
        if column not in columns:
            found = "one column" if len(columns) == 1 else f"columns {', '.join(columns)}"
            semicolons = " (separated by commas, not semicolons)" if ";" in columns[0] else ""
            raise EchoShiftError(
                f"{sheet}, header: column {column!r} not found: found {found}, expected {', '.join(required)}{semicolons}"
            )
    for column in columns:
        if columns.count(column) > 1:
            raise EchoShiftError(f"{sheet}, header: found column {column!r} twice, expected it once")
        if column not in (*required, *optional) and not column.startswith("note_"):
            known = (*required, *optional)
            similar = difflib.get_close_matches(column, known, 1)
            expected = f"a known one (is it {similar[0]}?)" if similar else ", ".join(known)
            raise EchoShiftError(
                f"{sheet}, header: found unknown column {column!r}, expected {expected} or a name starting with note_"
            )


def _path(sheet: str, path: str, simulated_path: str, results_dir: str, where: str) -> tuple[str, bool]:
    if path.startswith(SIMULATED):
        if path != simulated_path:
            raise EchoShiftError(
                f"{where}, path: found {path!r}, expected {simulated_path!r} for a simulated recording"
            )
        return f"{results_dir}/{path}", True
    if not path:
        raise EchoShiftError(f"{where}, path: found nothing, expected a file")
    file = Path(sheet).parent / path
    place, _ = located(file)
    if place.is_dir():
        raise EchoShiftError(f"{where}, path: found the folder {str(file)!r}, expected a file")
    if not place.is_file():
        raise EchoShiftError(f"{where}, path: file {str(file)!r} not found (paths are relative to the sheet's folder)")
    return str(file), False


def _files(path: str, where: str) -> tuple[str, ...]:
    """A recording's file and its companion files."""
    try:
        return (str(located(path)[0]), *map(str, companions(path).values()))
    except (EchoShiftError, OSError) as error:
        raise EchoShiftError(f"{where}, path: {error}") from None


def _label(text: str, where: str, classes: Sequence[str], may_be_unknown: bool) -> int | None:
    """Parse a label. Simulated recordings are generated from it and images are trained on, so both require one."""
    if not text and may_be_unknown:
        return None
    names = {name: label for label, name in enumerate(classes)}
    numbers = {f"{label}{end}": label for label in range(len(classes)) for end in ("", ".", ".0")}
    label = names.get(text, numbers.get(text))
    if label is None:
        known = ", ".join(f"{label} ({name})" for name, label in names.items())
        unknown = ", or nothing if unknown" if may_be_unknown else ""
        raise EchoShiftError(f"{where}, label: found {text!r}, expected one of {known}{unknown}")
    return label


def _scanner(text: str, where: str, simulated: bool) -> str:
    """The scanner of a recording; that of a simulated frame must be known to the simulation."""
    if simulated and (text or USUAL) not in SCANNERS:
        raise EchoShiftError(f"{where}, {SCANNER}: found {text!r}, expected one of {', '.join(SCANNERS)}, or nothing")
    return text or (USUAL if simulated else "")


def _yes(text: str, where: str) -> bool:
    """Parse a yes or no, as people and spreadsheets write it."""
    if (word := text.lower()) not in ("yes", "no", "true", "false", ""):
        raise EchoShiftError(f"{where}: found {text!r}, expected yes, no or nothing (no)")
    return word in ("yes", "true")


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise EchoShiftError(f"{where}: found {text!r}, expected a finite number")
    return round(value, DECIMALS)
