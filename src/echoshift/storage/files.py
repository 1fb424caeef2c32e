"""Writing beside and renaming, reading and digesting: what every verb does with files."""

import atexit
import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from echoshift.errors import EchoShiftError
from echoshift.storage.runs import check_run, own_run

OF_A_RESULT = ({"zarr.json"}, {"summary.json"}, {"record.json", "trajectory.zarr"})
"""What lies in a store, in the folder of the summary, in that of an attack: they give way to new ones."""
TIME_STAMP = ".snakemake_timestamp"
"""What Snakemake leaves in each folder that a job has made."""


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Yield a path beside `path`; what is written there takes the name `path` only if the block succeeds.

    Works for a file and for a folder (a zarr store, a result folder). An existing `path` is replaced, and stays as it
    is if the block fails. A folder that is no earlier result is refused: it was named by mistake.

    Of several processes that write the same `path`, the last to enter wins, except that a job of an earlier run of the
    workflow never does (see `echoshift.storage.runs`). Whoever enters removes the drafts of the others, dead or alive. One
    that is alive learns of it when it has finished, from an `EchoShiftError`, and leaves everything alone.

    Parameters
    ----------
    path : path
        Where the finished file or folder shall be. Its parents are made.

    Yields
    ------
    Path
        A path in a new hidden folder of the same file system, with the same name and suffix; it does not exist yet.
    """
    path = Path(path)
    check_run(path)
    _check_replaceable(path)
    with _one_line(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_drafts(path)
        workshop = path.with_name(f".{path.name}.{own_run()}-{token_hex(4)}.draft")
        workshop.mkdir()
        handle = os.open(workshop, os.O_RDONLY)  # while it is open, no other folder can get this one's identity
    try:
        try:
            with _one_line(path, workshop):
                yield workshop / path.name
        except Exception:
            if _is_same(workshop, handle):
                raise
        # A removed draft may be there again, in part: zarr makes the parents of all that it writes.
        if not _is_same(workshop, handle):
            raise _superseded(path)
        check_run(path)
        with _one_line(path, workshop):
            _take_name(workshop, path)
    except BaseException:
        # Where one of zarr's threads has failed, the others may write for a moment more, and make the folder again.
        atexit.register(shutil.rmtree, workshop, ignore_errors=True)
        raise
    finally:
        os.close(handle)
        shutil.rmtree(workshop, ignore_errors=True)


def _check_replaceable(path: Path) -> None:
    if not path.name:
        raise EchoShiftError(f"{path}: found no name for an output, expected one in this folder")
    # A batch's folder holds those of its frames and nothing else.
    inside = _entries(path)
    if inside and not _is_result(inside) and not all(_is_result(_entries(path / name)) for name in inside):
        raise EchoShiftError(f"{path}: found a folder of other files, expected a new name or that of an earlier result")


def _entries(folder: Path) -> set[str]:
    try:
        return {entry.name for entry in folder.iterdir()} - {TIME_STAMP}
    except (FileNotFoundError, NotADirectoryError):
        return set()


def _is_result(inside: set[str]) -> bool:
    return any(names <= inside for names in OF_A_RESULT)


def _remove_drafts(path: Path) -> None:
    """Remove what other processes have drafted for `path`, those of a newer run excepted.

    Each is renamed first: from then on its owner finds nothing under the name that it knows, neither to write into nor
    to rename, while its files are removed one by one.
    """
    own = own_run()
    pattern = re.compile(rf"\.{re.escape(path.name)}\.(\d+)-[0-9a-f]{{8}}\.(draft|trash)")
    with os.scandir(path.parent) as entries:
        names = [match for entry in entries if (match := pattern.fullmatch(entry.name))]
    for found in names:
        if own and int(found[1]) > own:
            continue
        trash = path.with_name(f".{path.name}.{own}-{token_hex(4)}.trash")
        with suppress(FileNotFoundError):  # somebody else has just renamed it
            path.with_name(found[0]).rename(trash)
            shutil.rmtree(trash, ignore_errors=True)


def _take_name(workshop: Path, path: Path) -> None:
    """Rename the draft in `workshop` to `path`, unless the workshop has been taken away.

    Both steps name the workshop, so that both fail once it is gone: not even a process that was stopped between a check
    and a step, or between the two steps, touches what its successor has written.
    """
    draft = workshop / path.name
    while True:
        aside = workshop / f"{token_hex(4)}.replaced"
        # No folder can be renamed onto another; if we are killed in between, there is none, but not half of one.
        if draft.is_dir() and path.is_dir():
            with suppress(FileNotFoundError):
                path.rename(aside)
        try:
            draft.rename(path)
            return
        except FileNotFoundError:
            if workshop.exists():
                raise
            raise _superseded(path) from None
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                continue  # somebody has put a folder there since
            with suppress(OSError):
                aside.rename(path)
            raise


def _is_same(folder: Path, handle: int) -> bool:
    """Whether the folder of this name is still the one that was opened."""
    try:
        return os.path.samestat(folder.stat(), os.fstat(handle))
    except OSError:
        return False


def _superseded(path: Path) -> EchoShiftError:
    return EchoShiftError(f"{path}: not written: another job has taken over this output while this one was at work")


@contextmanager
def _one_line(path: Path, workshop: Path | None = None) -> Iterator[None]:
    """Name the output, not its draft, where the file system refuses: no space, read-only, no permission."""
    try:
        yield
    except OSError as error:
        if workshop and error.filename and str(workshop) not in str(error.filename):
            raise  # of a file that is read meanwhile
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
    """Hexadecimal SHA-256 of the parts, one after the other."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def read_json(path: str | Path) -> Any:
    """Read a JSON file; a missing or damaged one raises an `EchoShiftError` that names it."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EchoShiftError(f"{path}: file not found, expected a JSON file") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise EchoShiftError(f"{path}: not valid JSON ({error})") from None


def write_json(path: str | Path, value: Any) -> None:
    """Write JSON whole (indented, a final newline, keys in the given order; NaN is refused)."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(path, text)


def write_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 text file whole."""
    with written_whole(path) as draft:
        draft.write_text(text, encoding="utf-8")
