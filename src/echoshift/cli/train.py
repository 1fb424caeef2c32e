"""`echoshift train`: the folder of one model."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from echoshift.classifiers.kinds import KINDS, USUAL

Kind = StrEnum("Kind", list(KINDS))
USUAL_KIND = Kind(USUAL)


def train(
    settings: Annotated[str, typer.Option(help="JSON of how the model is made, as its kind has it.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder that gets the model's files.")],
    table: Annotated[
        Path | None,
        typer.Option(
            help="CSV of the training items: item_id, kind (image or frame), patient_id, label, path; for kinds that learn."
        ),
    ] = None,
    features: Annotated[
        list[Path] | None,
        typer.Option(
            help="Features of the items, from `echoshift features`; once for each cohort, for kinds that need them."
        ),
    ] = None,
    kind: Annotated[Kind, typer.Option(help="Kind of classifier.")] = USUAL_KIND,
) -> None:
    """Make a model: what its predictors read, record.json and, last of all, digest.txt.

    A transfer_learned one also has model.keras, engine.xml, engine.bin and history.csv.
    """
    from importlib import import_module

    from echoshift.classifiers.kinds.settings import ModelInputs
    from echoshift.validation import checked

    module = import_module(KINDS[kind.value])
    recipe = checked(module.Recipe, settings, "--settings")
    module.make_model(recipe, ModelInputs(table, tuple(features or ())), output)
