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
    from echoshift.accidental.words import accidental_words
    from echoshift.errors import EchoShiftError
    from echoshift.storage.files import read_json
    from echoshift.summary.headline import headline

    path = summary / "summary.json"
    try:
        lines = headline(read_json(path))
    except KeyError as error:
        raise EchoShiftError(f"{path}: {error}: found nothing, expected a summary of this version; run again") from None
    if accidental:
        lines += [f"{accidental_words(record)}." for record in read_json(accidental)["results"]]
    places = ", ".join(map(str, (path, summary / "frames.csv", *(look or []))))
    print(*lines, f"Look at: {places}", sep="\n")
