"""Train a classifier of RF lines from a table of recordings and write its files."""

from pathlib import Path

import numpy as np

from echoshift.classifiers.digest import model_digest
from echoshift.classifiers.rf_lines.fitting import fit_lines
from echoshift.classifiers.rf_lines.folder import AT_ONCE, ENGINE, WEIGHTS, write_description
from echoshift.classifiers.rf_lines.pieces import Lines
from echoshift.classifiers.rf_lines.recording import open_rf
from echoshift.classifiers.rf_lines.settings import LinesTraining, PieceSettings
from echoshift.classifiers.table import label_of, read_table
from echoshift.classifiers.tensorflow_setup import THREADS
from echoshift.classifiers.training.classes import n_outputs
from echoshift.classifiers.training.export import save_network
from echoshift.classifiers.training.splits import validation_of_table
from echoshift.errors import EchoShiftError
from echoshift.formats.location import companions, located
from echoshift.records.provenance import digest_of_files, provenance
from echoshift.storage.files import sha256_of_file, write_json, write_text, written_whole
from echoshift.storage.tables import write_rows

PACKAGES = ("h5py", "keras", "numpy", "openvino", "scipy", "tensorflow")
TRAINING_COLUMNS = ("item_id", "kind", "patient_id", "label", "path")


def train_lines(table: Path, settings: LinesTraining, folder: Path) -> None:
    """Train a classifier of RF lines on the recordings of a table and write its files.

    Writes `lines.xml`, `lines.bin`, `lines.json`, `history.csv`, `record.json` and `digest.txt`.

    Parameters
    ----------
    table : path
        CSV with `item_id, kind (frame), patient_id, label, path`. The path is that of the recording.
    settings : LinesTraining
    folder : path
        Output folder, which may exist. Each file is written atomically.
    """
    rows = read_table(table, TRAINING_COLUMNS)
    if images := [row["item_id"] for row in rows if row["kind"] != "frame"]:
        raise EchoShiftError(f"{table}: kind: found {images[0]!r}, a picture, expected frames, which have RF lines")
    labels = np.array([label_of(row) for row in rows])
    validation = validation_of_table(table, rows, labels, settings.validation_fraction, settings.seed)
    pieces = PieceSettings(**settings.model_dump(include=set(PieceSettings.model_fields)))
    # Each recording is read twice, so that only its lines stay in memory.
    sampling_frequency = min(open_rf(row["path"]).sampling_frequency for row in rows)
    frames = []
    for row in rows:
        try:
            frames.append(Lines(open_rf(row["path"]), pieces, sampling_frequency))
        except EchoShiftError as error:
            raise EchoShiftError(f"{row['path']}: {error}") from None
    fitted = fit_lines(frames, labels, validation, settings)
    network = model_digest(fitted.model)
    with written_whole(folder / ENGINE) as xml, written_whole(folder / WEIGHTS) as weights:
        save_network(fitted.model, xml, [AT_ONCE, settings.samples, 1], ["logit"], network)
        xml.with_suffix(".bin").replace(weights)
    description = write_description(folder, pieces, sampling_frequency, network)
    write_rows(folder / "history.csv", list(fitted.history[0]), fitted.history)
    record = provenance(
        inputs={
            "table": sha256_of_file(table),
            "recordings": {
                row["item_id"]: digest_of_files([located(row["path"])[0], *companions(row["path"]).values()])
                for row in rows
            },
        },
        packages=PACKAGES,
        settings=settings.model_dump(mode="json"),
        seed=settings.seed,
        threads=THREADS,
        n_items=len(rows),
        n_items_of_class=np.bincount(labels).tolist(),
        trained_on="RF lines of the frames; further images have none and are left out",
        sampling_frequency=sampling_frequency,
        validation_items=[row["item_id"] for row, aside in zip(rows, validation, strict=True) if aside],
        kept=fitted.kept,
        output="logit of the positive class (label 1 where >= 0), mean over the pieces of a frame"
        if n_outputs(labels) == 1
        else "score of each class, mean over the pieces of a frame",
        digest=description.digest,
    )
    write_json(folder / "record.json", record)
    write_text(folder / "digest.txt", f"{description.digest}\n")
