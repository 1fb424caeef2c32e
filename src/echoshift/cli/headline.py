"""`echoshift headline`: show the main results of a study in a few lines."""

from pathlib import Path
from typing import Annotated

import typer


def headline(
    summary: Annotated[Path, typer.Option(help="Output folder of `echoshift summarise`.")],
    accidental: Annotated[Path | None, typer.Option(help="summary.json of `echoshift accidental-results`.")] = None,
    look: Annotated[
        list[Path] | None, typer.Option(help="Further path to list below the headline; may be repeated.")
    ] = None,
) -> None:
    """Show the main results of a study."""
    from echoshift.summary.headline import read_headline

    path = summary / "summary.json"
    lines = read_headline(path, accidental)
    places = ", ".join(map(str, (path, summary / "frames.csv", *(look or []))))
    print(*lines, f"Look at: {places}", sep="\n")
