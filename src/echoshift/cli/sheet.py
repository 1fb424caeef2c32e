"""`echoshift sheet`: list the pictures of a folder in a sheet."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import Output, check_ending
from echoshift.errors import EchoShiftError


def sheet(
    folder: Annotated[
        Path,
        typer.Argument(help="Folder with a folder of pictures for each class, or the public liver images' .mat file."),
    ],
    output: Output,
    patient: Annotated[
        str | None,
        typer.Option(
            metavar="PATTERN",
            help="Regular expression with one group, searched for in a picture's path within its class's folder: the group "
            "is the patient's id. Default: each picture is a patient.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace OUTPUT if it exists.")] = False,
) -> None:
    """List the pictures of FOLDER in OUTPUT (`.csv`), say how many of what there are, and warn of suspicious ones."""
    from echoshift.cli.printing import print_facts, print_warnings
    from echoshift.sheets.rows import COLUMNS, rows_of
    from echoshift.sheets.survey import survey
    from echoshift.storage.tables import write_rows

    check_ending(output, ".csv")
    if output.exists() and not force:
        raise EchoShiftError(f"{output}: found a file that may have been edited, expected a new name or --force")
    rows, left_out = rows_of(folder, output, patient)
    found = survey(rows, left_out, has_pattern=patient is not None or folder.is_file())
    print_warnings(found.warnings)
    write_rows(output, COLUMNS, (row.cells for row in found.rows))
    print_facts(str(output), found.facts)
