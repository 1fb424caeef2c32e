"""Train a texture classifier from a table of pictures and write its files."""

from pathlib import Path

import numpy as np
from threadpoolctl import ThreadpoolController

from echoshift.classifiers.table import label_of, read_table
from echoshift.classifiers.texture.estimators import unfitted
from echoshift.classifiers.texture.features import feature_names, region_masks, texture_features
from echoshift.classifiers.texture.folder import Description, TextureClassifier
from echoshift.classifiers.texture.model_file import to_bytes
from echoshift.classifiers.texture.settings import FeatureSettings, TextureSettings
from echoshift.classifiers.texture.tuning import tune
from echoshift.errors import EchoShiftError
from echoshift.formats.images import read_image
from echoshift.reconstruction.cache import read_reconstruction
from echoshift.records.provenance import image_digest, provenance
from echoshift.storage.files import sha256_of_file, write_json, write_text
from echoshift.storage.tables import write_rows

PACKAGES = ("numpy", "opencv-python-headless", "scikit-image", "scikit-learn", "scipy", "skops")
TRAINING_COLUMNS = ("item_id", "kind", "patient_id", "label", "path")


def train_texture(table: Path, settings: TextureSettings, folder: Path) -> None:
    """Train a texture classifier on the items of a table and write its files.

    Writes `texture.skops`, `texture.json`, `tuning.csv` (what the inner cross-validation tried), `record.json` and
    `digest.txt`.

    Parameters
    ----------
    table : path
        CSV with `item_id, kind (image or frame), patient_id, label, path`.
    settings : TextureSettings
    folder : path
        Output folder, which may exist. Each file is written atomically.
    """
    listed = read_table(table, TRAINING_COLUMNS)
    of_features = FeatureSettings(**settings.model_dump(include=set(FeatureSettings.model_fields)))
    digests, features, rows = {}, [], []
    for row in listed:
        image, found = _features_of(Path(row["path"]), of_features)
        digests[row["item_id"]] = image_digest(image)
        if found is not None:
            features.append(found)
            rows.append(row)
    if missing := sorted({row["label"] for row in listed} - {row["label"] for row in rows}):
        wanted = " and ".join(of_features.regions)
        raise EchoShiftError(
            f"{table}: regions: found no item of class {missing[0]} with {wanted}, expected recordings that have them"
        )
    features, patients = np.stack(features), [row["patient_id"] for row in rows]
    labels = np.array([label_of(row) for row in rows])
    with ThreadpoolController().limit(limits=1):  # the sums are then the same on any number of cores
        try:
            tuned = tune(features, labels, patients, settings.classifier, settings.folds, settings.seed)
        except EchoShiftError as error:
            raise EchoShiftError(f"{table}: {error}") from None
        fitted = unfitted(settings.classifier, tuned.options, settings.seed).fit(features, labels)
    description = Description(
        features=of_features,
        names=feature_names(of_features),
        n_classes=int(labels.max()) + 1,
        scale=tuned.scale,
    )
    classifier = TextureClassifier(fitted, to_bytes(fitted), description)
    classifier.write(folder)
    write_rows(folder / "tuning.csv", list(tuned.tried[0]), tuned.tried)
    record = provenance(
        inputs={"table": sha256_of_file(table), "pictures": digests},
        packages=PACKAGES,
        settings=settings.model_dump(mode="json"),
        seed=settings.seed,
        threads=1,
        n_items=len(rows),
        n_without_regions=len(listed) - len(rows),
        n_items_of_class=np.bincount(labels).tolist(),
        chosen=tuned.options,
        output="score of each class",
        digest=classifier.digest,
    )
    write_json(folder / "record.json", record)
    write_text(folder / "digest.txt", f"{classifier.digest}\n")


def _features_of(path: Path, settings: FeatureSettings) -> tuple[np.ndarray, np.ndarray | None]:
    """The picture of an item, uint8 (z, x), and its features, (feature,). None if it lacks a region that they need."""
    if not path.is_dir():  # an image, which has no regions
        image = read_image(path)
        return image, None if settings.regions else texture_features(image, settings)
    stored = read_reconstruction(path)
    if not set(settings.regions) <= set(stored.regions):
        return stored.image, None
    try:
        masks = region_masks(settings, stored.regions, stored.grid)
    except EchoShiftError as error:
        raise EchoShiftError(f"{path}: {error}") from None
    return stored.image, texture_features(stored.image, settings, masks)
