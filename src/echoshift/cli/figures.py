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
    accidental: Annotated[Path | None, typer.Option(help="summary.json of `echoshift accidental-results`.")] = None,
) -> None:
    """Draw all figures of a study: those of the cohort, and attacks and paths for each classifier and attack.

    Also writes headline.html: the headline above the outcomes, for the report's first page.
    """
    from echoshift.figures.drawing import study_figures
    from echoshift.figures.first_page import first_page
    from echoshift.figures.record import figures_record
    from echoshift.figures.style import save
    from echoshift.storage.files import write_text
    from echoshift.summary.headline import read_headline

    about = figures_record(results, summary, examples)
    for name, figure in study_figures(results, summary, trajectories, examples):
        save(figure, output / name, about)
    lines = read_headline(summary / "summary.json", accidental)
    write_text(output / "headline.html", first_page(lines, (output / "outcomes.png").read_bytes()))
