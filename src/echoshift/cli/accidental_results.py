"""`echoshift accidental-results`: tables and figure of accidental changes."""

from pathlib import Path
from typing import Annotated

import typer


def accidental_results(
    results: Annotated[Path, typer.Option(help="Results folder that contains accidental/ and classifiers/.")],
    study: Annotated[
        Path,
        typer.Option(help="JSON: `cohort`, and in `accidental` the label and the draws of each spread and frame."),
    ],
    classifier: Annotated[list[str], typer.Option(help="Name of a classifier; may be repeated.")],
    spread: Annotated[list[str], typer.Option(help="Name of a spread; may be repeated.")],
    figure: Annotated[Path, typer.Option(help="PNG file to write.")],
) -> None:
    """Write accidental/frames.csv and accidental/summary.json to RESULTS, and the figure."""
    from echoshift.figures.accidental import accidental_figure, figure_record
    from echoshift.figures.style import save
    from echoshift.storage.files import read_json
    from echoshift.storage.tables import read_rows
    from echoshift.summary.accidental_results import COLUMNS, FRAMES, write_accidental_results
    from echoshift.summary.cohort import Cohort
    from echoshift.validation import checked

    summary = write_accidental_results(
        results, study, classifier, spread, checked(Cohort, read_json(study)["cohort"], str(study))
    )
    rows = read_rows(results / "accidental" / FRAMES, COLUMNS)
    save(accidental_figure(summary, rows), figure, figure_record(results))
