"""A recording's location: its file, the selected frame and the companion files. Imports nothing heavy."""

import os
from pathlib import Path

from echoshift.errors import EchoShiftError


def located(path: str | Path) -> tuple[Path, str | None]:
    """Split `FILE#SELECTOR`. The path of an existing file is returned whole, even if its name contains `#`."""
    whole = Path(path)
    name, mark, selector = str(path).rpartition("#")
    if not mark or os.path.isfile(whole):  # noqa: PTH113 - Path.is_file raises if the name is too long
        return whole, None
    return Path(name), selector


def sidecar_of(file: Path) -> Path:
    """Default path of a recording's side-car."""
    return file.with_name(file.name + ".yaml")


def companions(path: str | Path) -> dict[str, Path]:
    """Companion files of a recording by role: its side-car, if any, and separate data, description or gain files.

    Raises
    ------
    EchoShiftError
        If the recording names a file that does not exist.
    """
    file, _ = located(path)
    found = {"sidecar": side} if (side := sidecar_of(file)).is_file() else {}
    data = {".mhd": _data_of_header, ".raw": _description_of_raw}.get(file.suffix.lower())
    return found | (data(file) if data else {})


def _data_of_header(file: Path) -> dict[str, Path]:
    """The data file that a MetaImage header names."""
    with file.open(encoding="latin-1") as header:
        named = [line.partition("=")[2].strip() for line in header if line.startswith("ElementDataFile")]
    if not named or named[0] == "LOCAL":
        return {}
    data = file.parent / named[0]
    if not data.is_file():
        raise EchoShiftError(f"{file}: ElementDataFile: file {named[0]!r} not found next to the header")
    return {"data": data}


def _description_of_raw(file: Path) -> dict[str, Path]:
    """The description of Clarius raw data, and the gain curves if there are any."""
    beside = {"description": [".yml"], "gain": [".tgc", ".tgc.yml"]}
    return {role: path for role, ends in beside.items() for end in ends if (path := file.with_suffix(end)).is_file()}
