"""`echoshift confirm`: recompute the flips of one classifier from the RF frames, with a second predictor."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import Output, PredictorJSON


def confirm(
    results: Annotated[Path, typer.Option(help="Results folder that contains classifiers/.")],
    classifier: Annotated[str, typer.Option(help="Name of the classifier.")],
    attacked: Annotated[
        list[Path],
        typer.Option(
            help="CSV of this classifier's attacks: classifier, attack, frame, fold, folder, on_request (0 or 1); may be repeated."
        ),
    ],
    frames: Annotated[
        Path, typer.Option(help="CSV: frame_id, path, reference_level (or empty), rows and columns, or pixel_size.")
    ],
    output: Output,
    predictor: PredictorJSON = '{"engine": "tensorflow", "device": "cpu"}',
) -> None:
    """Ask a second predictor about the first and the nearest flip of every attack, starting from the recordings."""
    from importlib import import_module

    from rich.console import Console
    from rich.progress import track

    from echoshift.classifiers.predictors import open_predictor
    from echoshift.classifiers.predictors.settings import ENGINES, PredictorSettings
    from echoshift.records.provenance import provenance
    from echoshift.storage.files import sha256_of_file, write_json
    from echoshift.summary.attack_places import read_attacked
    from echoshift.summary.confirmation import confirm, find_flips, read_sources
    from echoshift.validation import checked

    settings, described = checked(PredictorSettings, predictor, "--predictor"), {}

    def of_fold(fold: str):
        opened = open_predictor(settings, results / "classifiers" / classifier / "folds" / fold)
        described[fold] = opened.describe()
        return opened

    flips = find_flips(read_attacked(attacked))
    found = confirm(flips, read_sources(frames), of_fold)
    confirmed = list(track(found, "Confirming", total=len(flips), console=Console(stderr=True)))
    packages = import_module(ENGINES[settings.engine].module).PACKAGES
    about = provenance(
        inputs={
            **{path.stem: sha256_of_file(path) for path in attacked},
            "frames": sha256_of_file(frames),
        },
        packages=("numpy", "scipy", "h5py", *sorted(("opencv-python-headless", *packages))),
        classifier=classifier,
        predictors=described,
    )
    write_json(output, {**about, "engine": settings.engine, "flips": confirmed})
