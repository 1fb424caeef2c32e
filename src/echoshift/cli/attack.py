"""`echoshift attack`: search one frame's settings for a changed diagnosis."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import Folder, PredictorJSON


def attack(
    reconstruction: Annotated[Path, typer.Option(help="Folder of the frame's cached reconstruction.")],
    model: Annotated[Path, typer.Option(help="Folder of the trained classifier.")],
    search: Annotated[str, typer.Option(help="JSON of the search: method, axes, fixed settings, max_queries, seed.")],
    frame: Annotated[str, typer.Option(help="The frame's id.")],
    classifier: Annotated[str, typer.Option(help="Name of the classifier's entry.")],
    attack: Annotated[str, typer.Option(help="Name of the attack's entry.")],
    fold: Annotated[str, typer.Option(help="Fold whose model judges the frame.")],
    output: Folder,
    label: Annotated[
        int | None,
        typer.Option(
            min=0, max=1, help="True label: 1 is the positive class; default: the answer to the initial image."
        ),
    ] = None,
    predictor: PredictorJSON = '{"engine": "openvino"}',
) -> None:
    """Attack one frame and write its trajectory (zarr) and record (JSON)."""
    from echoshift.attacks.job import AttackJob, run_attack
    from echoshift.attacks.settings import Search
    from echoshift.classifiers.predictors import open_predictor
    from echoshift.classifiers.predictors.settings import PredictorSettings
    from echoshift.validation import checked

    job = AttackJob(
        classifier=classifier,
        attack=attack,
        frame=frame,
        label=label,
        fold=fold,
        reconstruction=str(reconstruction),
        model=str(model),
        search=checked(Search, search, "--search"),
    )
    run_attack(job, open_predictor(checked(PredictorSettings, predictor, "--predictor"), model), output)
