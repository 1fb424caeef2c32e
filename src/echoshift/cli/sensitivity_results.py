"""`echoshift sensitivity-results`: tables and figure of the sensitivity."""

from pathlib import Path
from typing import Annotated

import typer


def sensitivity_results(
    results: Annotated[Path, typer.Option(help="Results folder that contains sensitivity/ and classifiers/.")],
    study: Annotated[
        Path,
        typer.Option(help="JSON: `cohort`, and in `sensitivity` the label and the design of each frame."),
    ],
    classifier: Annotated[list[str], typer.Option(help="Name of a classifier; may be repeated.")],
    class_name: Annotated[list[str], typer.Option(help="Name of a class, in the order of the labels; repeated.")],
    figure: Annotated[Path, typer.Option(help="PNG file to write.")],
) -> None:
    """Write frames.csv, indices.csv and summary.json to RESULTS/sensitivity, and the figure."""
    from echoshift.figures.sensitivity import figure_record, sensitivity_figure
    from echoshift.figures.style import save
    from echoshift.storage.files import read_json
    from echoshift.summary.cohort import Cohort
    from echoshift.summary.sensitivity_results import write_sensitivity_results
    from echoshift.validation import checked

    summary, cohorts = write_sensitivity_results(
        results, study, classifier, class_name, checked(Cohort, read_json(study)["cohort"], str(study))
    )
    save(sensitivity_figure(summary, cohorts), figure, figure_record(results))
