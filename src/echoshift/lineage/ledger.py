"""State shared while the records of a study are checked: the digests so far, and errors if they disagree."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rocrate.model import Entity

from echoshift.attacks.trajectory import RECORD
from echoshift.errors import EchoShiftError
from echoshift.lineage.crate import Crate
from echoshift.reconstruction.cache import STORE
from echoshift.storage.files import sha256_of_file
from echoshift.summary.attack_results import refuse


@dataclass
class Ledger:
    """Parts of the study collected so far, in the order in which they are made.

    Attributes
    ----------
    results : Path
    crate : Crate
    frame_files : dict
        By frame, the digests of its RF file and companion files.
    recordings : dict
        By frame, the joint digest of these files.
    reconstructions : dict
        By frame, the digest of its reconstruction.
    pictures : dict
        By item (`frames/NAME`, `images/NAME`), the digest of the picture's pixels.
    models : dict
        By classifier and fold, the digest of the trained model.
    records : dict
        By classifier, attack and frame, the digest of the attack's record.
    made : dict
        Crate entities that later steps are made from, by name, such as `frames/F1`.
    """

    results: Path
    crate: Crate
    frame_files: dict[str, dict[str, str]] = field(default_factory=dict)
    recordings: dict[str, str] = field(default_factory=dict)
    reconstructions: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    models: dict[tuple[str, str], str] = field(default_factory=dict)
    records: dict[tuple[str, str, str], str] = field(default_factory=dict)
    made: dict[str, Entity] = field(default_factory=dict)

    def table(self, path: Path) -> Entity:
        """Add a small file with its current digest."""
        return self.crate.file(path, sha256_of_file(path))


def agree(record: Path, of: str, what: str, found: str | None, expected: str | None, source: str) -> None:
    """Raise an error with the repair command if two digests of one item differ: Snakemake considers that output current.

    Parameters
    ----------
    record : Path
        File or store with the record.
    of, what : str
        Frame, model or run that the record describes (may be empty), and the item.
    found, expected : str or None
        The item's digest in the record (None if missing there), and its actual digest (None if it no longer exists).
    source : str
        Where the actual digest comes from.
    """
    if found != expected:
        one, other = (digest[:12] if digest else "none" for digest in (found, expected))
        where = ": ".join(filter(None, (str(record), of, what)))
        made = record.parent if record.name in (RECORD, STORE) else record
        refuse(made, f"{where}: found digest {one}", f"{other} as in {source}")


def check_files(path: Path, digests: Mapping[str, str], results: Path) -> None:
    """Compare the digests that a record has of files, by path relative to `results`, with the present files."""
    for name, digest in digests.items():
        agree(path, "", f"inputs: {name}", digest, sha256_of_file(results / name), str(results / name))


def comment_of(path: Path) -> dict[str, Any]:
    """The record stored in a PNG written by EchoShift."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            return json.loads(image.info["Comment"])
    except FileNotFoundError:
        raise EchoShiftError(f"{path}: file not found, expected a picture of this study") from None
    except (OSError, KeyError, ValueError):
        raise EchoShiftError(f"{path}: found no record, expected an image with its record as text") from None
