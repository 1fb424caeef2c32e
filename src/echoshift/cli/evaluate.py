"""`echoshift evaluate`: evaluate trained classifiers on reconstructed frames."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import PredictorJSON


def evaluate(
    table: Annotated[
        Path, typer.Option(help="CSV of the frames: frame_id, patient_id, label, fold, reconstruction, model.")
    ],
    protocol: Annotated[
        str, typer.Option(help="How the classifier was trained: cross_validation, train_once or first_cohort.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help="Folder for predictions.csv, roc.csv, reliability.csv and evaluation.json."
        ),
    ],
    recordings: Annotated[
        Path | None,
        typer.Option(
            help="JSON whose `recordings` says where each frame's recording lies, for a classifier that reads it."
        ),
    ] = None,
    predictor: PredictorJSON = '{"engine": "openvino"}',
) -> None:
    """Evaluate each frame of TABLE with the model of its fold and write predictions, ROC, reliability and evaluation."""
    from echoshift.classifiers.evaluation.judging import evaluate_from_table
    from echoshift.classifiers.predictors.settings import PredictorSettings
    from echoshift.records.recordings import RecordedAs
    from echoshift.storage.files import read_json
    from echoshift.validation import checked

    settings = checked(PredictorSettings, predictor, "--predictor")
    recorded = {
        name: checked(RecordedAs, one, f"{recordings}: recording of {name}")
        for name, one in (read_json(recordings)["recordings"] if recordings else {}).items()
    }
    if warning := evaluate_from_table(table, protocol, output, settings, recorded)["warning"]:
        typer.secho(f"warning: {table}: {warning}", err=True, fg="yellow", bold=True)
