"""`echoshift select`: select the frames to attack."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import Output


def select(
    predictions: Annotated[list[Path], typer.Option(help="CLASSIFIER/predictions.csv; repeat for each classifier.")],
    output: Output,
) -> None:
    """List the frames that each classifier classifies correctly, and unlabelled frames: classifier, frame, fold, answer."""
    from echoshift.storage.tables import write_rows
    from echoshift.summary.selection import SELECTED_COLUMNS, select

    write_rows(output, SELECTED_COLUMNS, select(predictions))
