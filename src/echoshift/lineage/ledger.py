"""What the steps of a study have in common while their records are gone through: digests, and where they disagree."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rocrate.model import Entity

from echoshift.attacks.trajectory import RECORD
from echoshift.errors import EchoShiftError
from echoshift.lineage.crate import Crate
from echoshift.reconstruction.cache import STORE
from echoshift.storage.files import sha256_of_file
from echoshift.summary.attack_results import repair


@dataclass
class Ledger:
    """What is known so far of what the present study consists of, in the order in which it is made.

    Attributes
    ----------
    results : Path
    crate : Crate
    frame_files : dict
        By frame, the digests of its RF file and of those that belong to it.
    reconstructions : dict
        By frame, the digest of its reconstruction.
    pictures : dict
        By item (`frames/NAME`, `images/NAME`), the digest of the picture's pixels.
    models : dict
        By classifier and fold, the digest of the trained model.
    records : dict
        By classifier, attack and frame, the digest of the attack's record.
    made : dict
        The crate's entities that later steps are made from, by name, such as `frames/F1`.
    """

    results: Path
    crate: Crate
    frame_files: dict[str, dict[str, str]] = field(default_factory=dict)
    reconstructions: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    models: dict[tuple[str, str], str] = field(default_factory=dict)
    records: dict[tuple[str, str, str], str] = field(default_factory=dict)
    made: dict[str, Entity] = field(default_factory=dict)

    def table(self, path: Path, outside: str | None = None) -> Entity:
        """A small file as it is now."""
        return self.crate.file(path, sha256_of_file(path), outside)


def agree(record: Path, of: str, what: str, found: str | None, expected: str | None, source: str) -> None:
    """Refuse two digests of one thing that differ, and say what to type: Snakemake took that output for current.

    Parameters
    ----------
    record : Path
        The file, or store, with the record.
    of : str
        The frame, model or run that it is about; may be empty.
    what : str
        The thing.
    found : str or None
        Its digest in the record; None where the record does not know it.
    expected : str or None
        Its own digest; None where it is not there any more.
    source : str
        Where its own digest is from.
    """
    if found != expected:
        one, other = (digest[:12] if digest else "none" for digest in (found, expected))
        where = ": ".join(filter(None, (str(record), of, what)))
        made = record.parent if record.name in (RECORD, STORE) else record
        raise EchoShiftError(f"{where}: found digest {one}, expected {other} as in {source}; {repair(made)}")


def comment_of(path: Path) -> dict[str, Any]:
    """The record inside a PNG that EchoShift wrote."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            return json.loads(image.info["Comment"])
    except FileNotFoundError:
        raise EchoShiftError(f"{path}: file not found, expected a picture of this study") from None
    except (OSError, KeyError, ValueError):
        raise EchoShiftError(f"{path}: found no record in it, expected a picture with its record as text") from None
