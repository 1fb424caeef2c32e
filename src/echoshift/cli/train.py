"""`echoshift train`: one classifier from a table of images."""

from pathlib import Path
from typing import Annotated

import typer


def train(
    table: Annotated[
        Path, typer.Option(help="CSV of the training items: item_id, kind (image or frame), patient_id, label, path.")
    ],
    features: Annotated[
        list[Path], typer.Option(help="Features of the items, from `echoshift features`; once for each cohort.")
    ],
    settings: Annotated[str, typer.Option(help="JSON of the training settings.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder that gets the classifier's six files.")],
) -> None:
    """Train a classifier and write model.keras, engine.xml, engine.bin, digest.txt, history.csv and record.json."""
    from echoshift.classifiers.training.model_folder import train_from_table
    from echoshift.classifiers.training.settings import TrainingSettings
    from echoshift.validation import checked

    train_from_table(table, features, checked(TrainingSettings, settings, "--settings"), output)
