"""Features of images from a frozen backbone. Each image has one row, which is computed once."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from echoshift.classifiers.backbones.networks import BACKBONES, feature_extractor
from echoshift.classifiers.backbones.settings import BackboneSettings
from echoshift.classifiers.defences.settings import DefenceSettings, recorded
from echoshift.classifiers.tensorflow_setup import THREADS
from echoshift.errors import EchoShiftError
from echoshift.records.provenance import image_digest, provenance
from echoshift.records.sources import sources
from echoshift.storage.files import sha256_of_bytes, written_whole

PACKAGES = ("keras", "opencv-python-headless", "tensorflow")
"""Packages whose versions affect a row."""


@dataclass(frozen=True, eq=False)
class Features:
    """The features of some images.

    Attributes
    ----------
    item_id : tuple of str
        One name per image.
    values : ndarray of float32, (item, feature)
        Or (item, copy, feature) of an item's copies.
    image_digest : tuple of str
        SHA-256 of the pixels of each image, of an item with copies the one by which it is known.
    record : dict
        How the features were computed.
    """

    item_id: tuple[str, ...]
    values: np.ndarray
    image_digest: tuple[str, ...]
    record: dict[str, Any]

    def save(self, path: str | Path) -> None:
        """Write a `.npz` file atomically. Equal features give equal bytes."""
        with written_whole(path) as draft, draft.open("wb") as file:
            np.savez(
                file,
                item_id=np.array(self.item_id, dtype=np.str_),
                features=self.values,
                image_digest=np.array(self.image_digest, dtype=np.str_),
                record=np.array(json.dumps(self.record, sort_keys=True)),
            )

    @classmethod
    def open(cls, path: str | Path) -> "Features":
        """Read a file written by `save`."""
        try:
            with np.load(path, allow_pickle=False) as file:
                record = json.loads(str(file["record"]))
                return cls(
                    tuple(file["item_id"].tolist()), file["features"], tuple(file["image_digest"].tolist()), record
                )
        except FileNotFoundError:
            raise EchoShiftError(f"{path}: file not found, expected a table of `echoshift features`") from None
        except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
            reason = " ".join(str(error).split())
            raise EchoShiftError(f"{path}: not readable ({reason}), expected a table of `echoshift features`") from None

    @classmethod
    def joined(cls, tables: Sequence["Features"]) -> "Features":
        """Join several tables that were computed in the same way."""
        return cls(
            tuple(item for table in tables for item in table.item_id),
            np.concatenate([table.values for table in tables]),
            tuple(digest for table in tables for digest in table.image_digest),
            tables[0].record,
        )

    def select(self, items: Iterable[str]) -> "Features":
        """Rows of the given items, in the given order."""
        row = {item: index for index, item in enumerate(self.item_id)}
        items = tuple(items)
        if missing := [item for item in items if item not in row]:
            raise EchoShiftError(
                f"features: no row for item {missing[0]!r}, expected one for each image of the training table"
            )
        rows = [row[item] for item in items]
        return Features(items, self.values[rows], tuple(self.image_digest[index] for index in rows), self.record)

    def digest(self) -> str:
        """SHA-256 of the names, the images and the values."""
        text = json.dumps([self.item_id, self.image_digest, self.values.shape])
        return sha256_of_bytes(text.encode(), self.values.tobytes())


def rows_folder(rows: str | Path, settings: BackboneSettings) -> Path:
    """Folder of rows for a backbone, its weights and input size, the code and the package versions."""
    weights = BACKBONES[settings.backbone].weights_digest(settings.weights).partition(":")[2]
    return Path(rows) / f"{settings.backbone}-{settings.input_size}-{weights[:12]}-{code_digest()[:12]}"


def code_digest() -> str:
    """SHA-256 of the code and the package versions that determine a row."""
    code = [Path(path).read_bytes() for path in sources("classifiers.backbones.networks", "reconstruction.resize")]
    return sha256_of_bytes(*code, json.dumps([version(name) for name in PACKAGES]).encode())


def compute_features(
    images: Iterable[tuple[str, np.ndarray]], settings: BackboneSettings, rows: str | Path
) -> tuple[Features, int]:
    """Look up the features of each image and compute those that are missing.

    Each row is computed separately (batch of 1), so it does not depend on the other images.

    Parameters
    ----------
    images : iterable of (str, ndarray of uint8, (z, x))
        Unique names, and images.
    settings : BackboneSettings
    rows : path
        Cache of rows, one small file per row, named by the image's digest, in a folder per backbone and code (see
        `rows_folder`). Processes may share it.

    Returns
    -------
    Features
    int
        Number of rows computed.
    """
    found, n_computed = compute_copies(((name, image, image[None]) for name, image in images), settings, rows)
    return replace(found, values=found.values[:, 0]), n_computed


def compute_copies(
    items: Iterable[tuple[str, np.ndarray, np.ndarray]],
    settings: BackboneSettings,
    rows: str | Path,
    defences: Sequence[DefenceSettings] = (),
) -> tuple[Features, int]:
    """Look up or compute the features of all copies of each item, as `compute_features` does for images.

    Parameters
    ----------
    items : iterable of (str, ndarray of uint8 (z, x), ndarray of uint8 (copy, z, x))
        Unique names, the images by which the items are known, and the pictures that the network sees instead.
    settings, rows
        As for `compute_features`.
    defences : sequence of DefenceSettings
        What made the pictures, for the record.

    Returns
    -------
    Features
        With `values` (item, copy, feature).
    int
        Number of rows computed.
    """
    cache = _Rows(settings, rows)
    digests: dict[str, str] = {}
    values = []
    for name, image, copies in items:
        if name in digests:
            raise EchoShiftError(f"item_id: found {name!r} twice, expected every item once")
        digests[name] = image_digest(image)
        values.append(np.stack([cache.row(copy) for copy in copies]))
    if not digests:
        raise EchoShiftError("features: found no images, expected at least one")
    record = {**_record(settings), **recorded(defences)}
    return Features(tuple(digests), np.stack(values), tuple(digests.values()), record), cache.n_computed


class _Rows:
    """The cache of rows of one backbone, which computes those that are missing."""

    def __init__(self, settings: BackboneSettings, rows: str | Path) -> None:
        self._settings, self._folder = settings, rows_folder(rows, settings)
        self.n_computed = 0

    @cached_property
    def _extract(self) -> Callable[[np.ndarray], np.ndarray]:
        return feature_extractor(self._settings.backbone, self._settings.input_size, self._settings.weights)

    def row(self, image: np.ndarray) -> np.ndarray:
        """Features of one image, float32 (feature,)."""
        path = self._folder / f"{image_digest(image)}.npy"
        if path.is_file():
            return _read_row(path)
        row = self._extract(image)
        with written_whole(path) as draft, draft.open("wb") as file:
            np.save(file, row)
        self.n_computed += 1
        return row


def _read_row(path: Path) -> np.ndarray:
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError):
        raise EchoShiftError(f"{path}: not a readable row of features; delete it to have it computed again") from None


def _record(settings: BackboneSettings) -> dict[str, Any]:
    return provenance(
        inputs={
            "weights": BACKBONES[settings.backbone].weights_digest(settings.weights),
            "code": f"sha256:{code_digest()}",
        },
        packages=(*PACKAGES, "numpy"),
        backbone=settings.backbone,
        input_size=settings.input_size,
        batch_shape=[1, settings.input_size, settings.input_size, 1],
        threads=THREADS,
    )
