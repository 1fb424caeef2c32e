"""Provenance of the figures."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from echoshift.figures.cohorts import EXAMPLE_COLUMNS
from echoshift.formats.images import read_image
from echoshift.records.provenance import image_digest, provenance
from echoshift.storage.files import read_json, sha256_of_file
from echoshift.storage.tables import read_rows
from echoshift.summary.summarise import FRAMES, RECORD, SUCCESS, SUMMARY

PACKAGES = ("matplotlib", "numpy", "pillow", "xarray", "zarr")


def figures_record(results: Path, summary: Path, examples: Path) -> Mapping[str, Any]:
    """The record stored in every figure: digests of the tables, by path relative to `results`, and of the example images.

    The summary's record also covers the trajectories, which are written with it.
    """
    classifiers = dict.fromkeys(record["classifier"] for record in read_json(summary / SUMMARY))
    files = [summary / name for name in (SUMMARY, FRAMES, SUCCESS, RECORD)]
    curves = ("roc.csv", "reliability.csv")
    files += [examples, *(results / "classifiers" / name / curve for name in classifiers for curve in curves)]
    return provenance(
        inputs={
            "files": {Path(os.path.relpath(path, results)).as_posix(): sha256_of_file(path) for path in files},
            "pictures": {
                f"{row['cohort']}/{row['item_id']}": image_digest(read_image(row["path"]))
                for row in read_rows(examples, EXAMPLE_COLUMNS)
            },
        },
        packages=PACKAGES,
    )
