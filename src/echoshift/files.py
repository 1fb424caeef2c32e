"""Writing beside and renaming, reading and digesting: what every verb does with files."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from echoshift.errors import EchoShiftError


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Yield a path beside `path`; what is written there takes the name `path` only if the block succeeds.

    Works for a file and for a folder (a zarr store, a result folder). An existing `path` is replaced.

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
    path.parent.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        draft = workshop / path.name
        yield draft
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        draft.replace(path)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


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
