"""`echoshift headline`: the study in five lines, and where to look."""

from pathlib import Path
from typing import Annotated

import typer


def headline(
    summary: Annotated[Path, typer.Option(help="Folder of `echoshift summarise`.")],
    look: Annotated[
        list[Path] | None, typer.Option(help="Something to look at, named below the headline; once for each.")
    ] = None,
) -> None:
    """Print what came out."""
    from echoshift.files import read_json
    from echoshift.summary.headline import headline

    for line in headline(read_json(summary / "summary.json")):
        print(line)
    print(
        "Look at: " + ", ".join(str(path) for path in (summary / "summary.json", summary / "frames.csv", *(look or [])))
    )
