"""The folder of a classifier of RF lines: what the network's pieces are, and the engine."""

import json
from pathlib import Path

from pydantic import Field

from echoshift.classifiers.rf_lines.settings import PieceSettings
from echoshift.errors import EchoShiftError
from echoshift.storage.files import read_json, sha256_of_bytes, sha256_of_file, write_json
from echoshift.validation import Finite, Strict, checked

ENGINE, WEIGHTS, DESCRIPTION = "lines.xml", "lines.bin", "lines.json"
AT_ONCE = 48
"""Pieces that the engine takes at once."""


class Description(Strict):
    """What the engine does not say itself.

    Attributes
    ----------
    pieces : PieceSettings
    sampling_frequency : float
        To which lines are resampled, in hertz.
    network : str
        Digest of the network.
    files : dict
        SHA-256 of the engine's files, by name.
    """

    pieces: PieceSettings
    sampling_frequency: Finite = Field(gt=0)
    network: str
    files: dict[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 of the network and of what it sees."""
        said = self.model_dump(mode="json", exclude={"files"})
        return sha256_of_bytes(json.dumps(said, sort_keys=True).encode())


def write_description(folder: Path, pieces: PieceSettings, sampling_frequency: float, network: str) -> Description:
    """Write `lines.json` beside the engine's files."""
    files = {name: sha256_of_file(folder / name) for name in (ENGINE, WEIGHTS)}
    found = Description(pieces=pieces, sampling_frequency=sampling_frequency, network=network, files=files)
    write_json(folder / DESCRIPTION, found.model_dump(mode="json"))
    return found


def read_description(folder: Path) -> Description:
    """Read `lines.json`, and refuse engine files of another model."""
    path = folder / DESCRIPTION
    found = checked(Description, read_json(path), str(path))
    for name in (ENGINE, WEIGHTS):
        if (now := sha256_of_file(folder / name)) != (then := found.files.get(name, "none")):
            raise EchoShiftError(f"{folder / name}: found digest {now[:12]}, expected {then[:12]} as in {DESCRIPTION}")
    return found
