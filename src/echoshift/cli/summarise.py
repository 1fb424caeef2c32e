"""`echoshift summarise`: collect all results of a study in tables and one store of trajectories."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import Folder


def summarise(
    results: Annotated[Path, typer.Option(help="Results folder that contains attacks/ and classifiers/.")],
    study: Annotated[
        Path, typer.Option(help="JSON of the study: seed, simulated, classes, classifiers, attacks, searches.")
    ],
    selected: Annotated[Path, typer.Option(help="Path of selected.csv.")],
    attacked: Annotated[list[Path], typer.Option(help="Path of an attacked.csv; repeat for each classifier.")],
    trajectories: Annotated[Path, typer.Option(help="Common zarr store to write.")],
    output: Folder,
    confirmed: Annotated[
        list[Path] | None, typer.Option(help="JSON file of `echoshift confirm`; repeat for each classifier.")
    ] = None,
    accidental: Annotated[Path | None, typer.Option(help="Path of accidental/frames.csv, if there is one.")] = None,
    swept: Annotated[Path | None, typer.Option(help="CSV of sensitivity results: classifier, frame, folder.")] = None,
) -> None:
    """Write summary.json, frames.csv and the other tables, and record.json to OUTPUT."""
    from echoshift.cli.progress import track_if_long
    from echoshift.summary.summarise import summarise_study

    findings = summarise_study(
        results, study, selected, attacked, confirmed or [], output, trajectories, track_if_long, accidental, swept
    )
    if findings.orphans:
        first = f"(first: {findings.orphans[0]}); see {output}/orphans.csv"
        typer.echo(f"{len(findings.orphans)} results no longer belong to the study and are ignored {first}", err=True)
    for run, frames in findings.stale.items():
        name = "/".join(run)
        typer.echo(f"{name}: {len(frames)} results of an earlier configuration or model are left out", err=True)
