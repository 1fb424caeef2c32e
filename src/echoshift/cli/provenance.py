"""`echoshift provenance`: what was made from what, as an RO-Crate."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import Output


def provenance(
    results: Annotated[Path, typer.Option(help="Results folder of a finished study.")],
    output: Output,
) -> None:
    """List what each result was made from, by which verb and versions; fail if two records disagree."""
    from echoshift.lineage.study import write_lineage

    write_lineage(results, output)
