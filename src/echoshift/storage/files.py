"""Write files and folders atomically, read JSON, compute digests."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from echoshift.errors import EchoShiftError
from echoshift.storage.run import check_scheduler

RESULT_FILES = {"zarr.json", "summary.json", "trajectory.zarr", "code.sha256"}
"""A folder with one of these is an earlier result: a store, the summary or an attack. Other folders are not replaced."""
TIME_STAMP = ".snakemake_timestamp"
"""File that Snakemake writes to each declared folder."""
DRAFT = ".draft"
"""Suffix of the hidden folders in which outputs are written. `make resume` removes those left by killed jobs."""


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Yield a draft path; the draft is renamed to `path` only if the block succeeds.

    Works for a file and for a folder (a zarr store, a result folder). An existing `path` is replaced. If the block
    fails, it is left unchanged.

    Parameters
    ----------
    path : path
        The finished file or folder. Its parents are created.

    Yields
    ------
    Path
        A path in a new hidden folder beside `path`, with the same name. It does not exist yet.

    Raises
    ------
    EchoShiftError
        If the file system reports an error, if `path` is a folder of other files, or if the scheduler of this job is dead.
    """
    path = Path(path)
    check_scheduler(path)
    _check_replaceable(path)
    workshop = path.with_name(f".{path.name}.{token_hex(4)}{DRAFT}")
    try:
        with _one_line(path):
            workshop.mkdir(parents=True)
        with _one_line(path, workshop):
            yield workshop / path.name
            check_scheduler(path)
            _rename(workshop / path.name, path, workshop / "replaced")
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _check_replaceable(path: Path) -> None:
    """Refuse to replace a folder that is not an earlier result. `-o` may be the folder of the recordings by mistake."""
    if not path.name:
        raise EchoShiftError(f"{path}: found no name for an output, expected one in this folder")
    with suppress(FileNotFoundError, NotADirectoryError):
        names = {entry.name for entry in path.iterdir()} - {TIME_STAMP}
        if names and not names & RESULT_FILES:
            raise EchoShiftError(f"{path}: found a folder of other files, expected a new name or an earlier result")


def _rename(draft: Path, path: Path, aside: Path) -> None:
    """Rename the draft to `path`. A folder cannot be renamed onto another, so an existing one is moved aside first."""
    replaced = draft.is_dir() and path.is_dir()
    if replaced:
        path.rename(aside)
    try:
        draft.rename(path)
    except OSError:
        if replaced:
            aside.rename(path)
        raise


@contextmanager
def _one_line(path: Path, workshop: Path | None = None) -> Iterator[None]:
    """Report file system errors (no space, read-only, no permission) with the name of the output, not of its draft."""
    try:
        yield
    except OSError as error:
        if workshop and error.filename and str(workshop) not in str(error.filename):
            raise  # an error about another file that the block reads
        raise EchoShiftError(f"{path}: cannot be written: {error.strerror or error}") from error
    except EchoShiftError as error:
        if workshop and str(workshop) in str(error):
            raise EchoShiftError(str(error).replace(str(workshop / path.name), str(path))) from error
        raise


def sha256_of_file(path: str | Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_bytes(*parts: bytes) -> str:
    """Hexadecimal SHA-256 of the concatenated parts."""
    return hashlib.sha256(b"".join(parts)).hexdigest()


def read_json(path: str | Path) -> Any:
    """Read a JSON file. A missing or damaged file raises an `EchoShiftError` that names it."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EchoShiftError(f"{path}: file not found, expected a JSON file") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise EchoShiftError(f"{path}: not valid JSON ({error})") from None


def write_json(path: str | Path, value: Any) -> None:
    """Write JSON atomically: indented, with a final newline and keys in the given order. NaN is rejected."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 text file atomically."""
    with written_whole(path) as draft:
        draft.write_text(text, encoding="utf-8")
