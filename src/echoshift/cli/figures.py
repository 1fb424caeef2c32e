"""`echoshift figures`: draw all figures of a study."""

from pathlib import Path
from typing import Annotated

import typer


def figures(
    results: Annotated[Path, typer.Option(help="Results folder that contains attacks/ and classifiers/.")],
    summary: Annotated[Path, typer.Option(help="Output folder of `echoshift summarise`.")],
    trajectories: Annotated[Path, typer.Option(help="Common zarr store written by `echoshift summarise`.")],
    examples: Annotated[
        Path, typer.Option(help="CSV: cohort (images or frames), item_id, label, path, simulated (0 or 1).")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the figures, each written atomically.")],
) -> None:
    """Draw cohorts, roc, outcomes, success_over_queries, and attacks and paths for each classifier and attack."""
    from echoshift.figures.drawing import study_figures
    from echoshift.figures.record import figures_record
    from echoshift.figures.style import save

    about = figures_record(results, summary, examples)
    for name, figure in study_figures(results, summary, trajectories, examples):
        save(figure, output / name, about)
