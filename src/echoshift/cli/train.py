"""`echoshift train`: make one model folder."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from echoshift.classifiers.kinds import KINDS, USUAL
from echoshift.classifiers.kinds.settings import CHECKPOINT_EVERY

Kind = StrEnum("Kind", list(KINDS))
PATIENCE = 5.0
"""Seconds before a training shows its progress."""


def train(
    settings: Annotated[str, typer.Option(help="Recipe of the model as JSON; its fields depend on the kind.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the model's files.")],
    table: Annotated[
        Path | None,
        typer.Option(
            help="CSV of the training items: item_id, kind (image or frame), patient_id, label, path; if the kind needs them."
        ),
    ] = None,
    features: Annotated[
        list[Path] | None,
        typer.Option(
            help="Features of the items, from `echoshift features`; repeat for each cohort, if the kind needs them."
        ),
    ] = None,
    copies: Annotated[
        list[Path] | None,
        typer.Option(
            help="CSV of what copies of the items are drawn from: item_id, path, box; repeat for each cohort."
        ),
    ] = None,
    example: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of a reconstruction to ask a given model about; may be repeated."),
    ] = None,
    kind: Annotated[Kind, typer.Option(help="Kind of classifier.")] = Kind[USUAL],
    checkpoint_every: Annotated[
        float, typer.Option(min=0, help="Seconds between checkpoints, from which a killed training goes on.")
    ] = CHECKPOINT_EVERY,
) -> None:
    """Make a model: write the files for its predictors, then record.json, then digest.txt.

    A transfer_learned model also has model.keras, engine.xml, engine.bin and history.csv.
    """
    from importlib import import_module

    from echoshift.classifiers.kinds.settings import ModelInputs
    from echoshift.classifiers.predictors.settings import ENGINES
    from echoshift.cli.progress import progress_shown
    from echoshift.validation import checked

    # Files of an earlier model, which may be of another kind.
    for name in {name for engine in ENGINES.values() for name in engine.files}:
        (output / name).unlink(missing_ok=True)
    module = import_module(KINDS[kind.value])
    recipe = checked(module.Recipe, settings, "--settings")
    files = ModelInputs(table, tuple(features or ()), tuple(copies or ()), tuple(example or ()), checkpoint_every)
    with progress_shown("echoshift.training", str(output), PATIENCE):
        module.make_model(recipe, files, output)
