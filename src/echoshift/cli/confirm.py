"""`echoshift confirm`: every flip of one classifier again, from the RF frame and by Keras."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import Output


def confirm(
    results: Annotated[Path, typer.Option(help="Results folder, with classifiers/.")],
    classifier: Annotated[str, typer.Option(help="Name of the classifier's entry.")],
    attacked: Annotated[
        Path, typer.Option(help="CSV of this classifier's attacks: classifier, attack, frame, fold, folder.")
    ],
    frames: Annotated[
        Path, typer.Option(help="CSV: frame_id, path, reference_level (or empty), rows and columns, or pixel_size.")
    ],
    output: Output,
    attack: Annotated[list[str] | None, typer.Option(help="Name of an attack's entry; once for each.")] = None,
) -> None:
    """Fail unless Keras, in f32 and from the RF data, agrees with the engine about both ends of every flip."""
    from rich.console import Console
    from rich.progress import track

    from echoshift.records.provenance import provenance
    from echoshift.storage.files import sha256_of_file, write_json
    from echoshift.summary.attack_places import read_attacked
    from echoshift.summary.confirmation import by_attack, confirm, find_flips, read_sources

    predictors = {}

    def keras_of_fold(fold: str):
        from echoshift.classifiers.predictors.tensorflow import KerasPredictor  # TensorFlow: only if something flipped

        predictor = KerasPredictor(results / "classifiers" / classifier / "folds" / fold / "model.keras")
        predictors[fold] = predictor.describe()
        return predictor

    attacks = attack or []
    flips = find_flips(read_attacked([attacked]))
    found = confirm(flips, read_sources(frames), keras_of_fold)
    confirmed = list(track(found, "Confirming", total=len(flips), console=Console(stderr=True)))
    about = provenance(
        inputs={"attacked": sha256_of_file(attacked), "frames": sha256_of_file(frames)},
        packages=("numpy", "scipy", "h5py", "keras", "opencv-python-headless", "tensorflow"),
        classifier=classifier,
        predictors=predictors,
    )
    write_json(output, {**about, "attacks": by_attack(confirmed, attacks), "flips": confirmed})
