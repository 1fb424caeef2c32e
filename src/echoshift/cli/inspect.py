"""`echoshift inspect`: what a recording holds."""

from pathlib import Path
from typing import Annotated

import typer


def inspect(
    frame: Annotated[Path, typer.Argument(help="RF frame: EchoShift HDF5, or MetaImage with its YAML side-car.")],
    sidecar: Annotated[Path | None, typer.Option(help="YAML side-car of a MetaImage; default: FRAME.yaml.")] = None,
) -> None:
    """Print geometry, band, depth, level over depth, and the reference level that would centre the frame in the window."""
    from rich.console import Console
    from rich.table import Table

    from echoshift.formats import open_frame
    from echoshift.inspection import facts

    table = Table("what", "value", title=str(frame), title_justify="left")
    for name, value in facts(open_frame(frame, sidecar)).items():
        table.add_row(name, value)
    Console().print(table)
