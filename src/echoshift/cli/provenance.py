"""`echoshift provenance`: list the provenance of all results as an RO-Crate."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import Output


def provenance(
    results: Annotated[Path, typer.Option(help="Results folder of a finished study.")],
    output: Output,
    accidental: Annotated[bool, typer.Option("--accidental", help="The study has accidental changes.")] = False,
) -> None:
    """List the inputs, command and versions of each result; fail if two records disagree."""
    from echoshift.lineage.study import write_lineage

    write_lineage(results, output, accidental)
