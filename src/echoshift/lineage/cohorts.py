"""Recordings and their initial reconstructions."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rocrate.model import Entity

from echoshift.errors import EchoShiftError
from echoshift.formats.images import read_image
from echoshift.formats.location import located
from echoshift.lineage.ledger import Ledger, agree, comment_of
from echoshift.reconstruction.cache import STORE
from echoshift.records.provenance import digest_of_digests, image_digest
from echoshift.storage.files import read_json, sha256_of_file
from echoshift.summary.confirmation import Source, read_sources

TRUTH = ("label", "seed", "lines", "samples", "fat_limits")
"""Fields that determine a simulated patient, besides its id."""


def add_frames(ledger: Ledger) -> None:
    """Add every frame of the study, simulated or not, with its reconstruction."""
    for name, source in read_sources(ledger.results / "frames.csv").items():
        _add_frame(ledger, name, source)


def _add_frame(ledger: Ledger, frame: str, source: Source) -> None:
    folder = ledger.results / "reconstructions" / frame
    store, of, digest_file = folder / STORE, f"frame {frame}", folder.with_name(f"{frame}.sha256")
    record = _attributes(store)
    agree(store, of, "digest", record["digest"], digest_file.read_text().strip(), str(digest_file))
    path, found, now = source.path, record["inputs"], source.digests()
    for role in dict.fromkeys((*found, *now)):
        agree(store, of, f"inputs.{role}", found.get(role), now.get(role), str(path))
    ledger.frame_files[frame], ledger.reconstructions[frame] = now, record["digest"]
    ledger.recordings[frame] = digest_of_digests(now.values())
    ledger.pictures[f"frames/{frame}"] = record["image_digest"]

    file = ledger.crate.file(located(path)[0], now["frame"], f"frames/{frame}")
    ledger.made[f"recordings/{frame}"] = file
    about = json.loads(record["acquisition"])
    simulated = about["acquisition"]["metadata"] if "acquisition" in about else {}
    if simulated.get("simulated"):
        _add_simulation(ledger, f"frames/{frame}", simulated, file)
    means = "envelope or picture, and first image, of a frame; digest of all that is taken from it"
    made = ledger.made[f"frames/{frame}"] = ledger.crate.folder(folder, record["digest"], means)
    parameters = {name: record[name] for name in ("settings", "reference_level", "shape")}
    others = {f"{role}_sha256": digest for role, digest in now.items() if role != "frame"}
    ledger.crate.action("reconstruct", frame, record, [file], [made], **parameters, **others)


def _attributes(store: Path) -> dict[str, Any]:
    """A zarr store's attributes, read from its group's JSON alone: opening thousands of stores is slow."""
    content = read_json(store / "zarr.json")
    try:
        return content["attributes"]
    except (KeyError, TypeError):
        raise EchoShiftError(
            f"{store / 'zarr.json'}: attributes not found, expected a zarr group with attributes"
        ) from None


def add_images(ledger: Ledger, rows: Iterable[dict[str, str]]) -> None:
    """Add images that models are trained on, from rows with `item_id` and `path`, unless already added."""
    for row in rows:
        item, path = row["item_id"], Path(row["path"])
        if item in ledger.pictures:
            continue
        ledger.pictures[item] = image_digest(read_image(path))
        file, _ = located(path)
        ledger.made[item] = ledger.crate.file(file, sha256_of_file(file), item)
        if path.is_relative_to(ledger.results / "simulated"):
            _add_simulation(ledger, item, comment_of(path), ledger.made[item])


def _add_simulation(ledger: Ledger, item: str, record: dict[str, Any], made: Entity) -> None:
    about = {name: record[name] for name in TRUTH if name in record}  # most have no limits
    ledger.crate.action("simulate", item, record, [], [made], **about)
