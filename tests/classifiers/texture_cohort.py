"""Pictures of patients on disk, with the table that `echoshift train` reads."""

from pathlib import Path

import numpy as np

from echoshift.storage.png import write_png
from echoshift.storage.tables import write_rows

COLUMNS = ("item_id", "kind", "patient_id", "label", "path")


def write_cohort(folder: Path, images: list[np.ndarray], labels: list[int], patients: list[str]) -> Path:
    """Write pictures and their table. Returns the table's path."""
    rows = []
    for i, (image, label, patient) in enumerate(zip(images, labels, patients, strict=True)):
        path = folder / f"I{i:03}.png"
        write_png(path, image, {})
        rows.append(dict(zip(COLUMNS, (f"images/I{i:03}", "image", patient, label, path), strict=True)))
    write_rows(folder / "training.csv", COLUMNS, rows)
    return folder / "training.csv"
