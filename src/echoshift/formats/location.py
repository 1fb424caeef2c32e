"""Where a recording lies: its file, which frame of the file, and the files that belong to it. Imports nothing heavy."""

import os
from pathlib import Path

from echoshift.errors import EchoShiftError


def located(path: str | Path) -> tuple[Path, str | None]:
    """Split `FILE#SELECTOR`; a file whose own name holds a `#` is taken as it is."""
    whole = Path(path)
    name, mark, selector = str(path).rpartition("#")
    if not mark or os.path.isfile(whole):  # noqa: PTH113 - Path.is_file raises where the whole is too long for a name
        return whole, None
    return Path(name), selector


def companions(path: str | Path) -> dict[str, Path]:
    """Files that belong to a recording, by their role: its side-car if there is one, and data that lie apart.

    Raises
    ------
    EchoShiftError
        If the recording names a file that is not there.
    """
    file, _ = located(path)
    found = {"sidecar": side} if (side := file.with_name(file.name + ".yaml")).is_file() else {}
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
        raise EchoShiftError(f"{file}: ElementDataFile: file {named[0]!r} not found beside the header")
    return {"data": data}


def _description_of_raw(file: Path) -> dict[str, Path]:
    """The description beside Clarius raw data, and the gain curves where it followed the picture."""
    beside = {"description": [".yml"], "gain": [".tgc", ".tgc.yml"]}
    return {role: path for role, ends in beside.items() for end in ends if (path := file.with_suffix(end)).is_file()}
