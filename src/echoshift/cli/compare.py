"""`echoshift compare`: compare the classifiers of finished studies with one of them."""

from pathlib import Path
from typing import Annotated

import typer


def compare(
    results: Annotated[list[Path], typer.Argument(help="Results folders of finished studies.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the files, each written atomically.")],
    baseline: Annotated[
        str, typer.Option(metavar="CLASSIFIER", help="The classifier that the others are compared with.")
    ] = "undefended",
    robust_against: Annotated[
        str | None,
        typer.Option(
            metavar="ATTACK", help="What must not flip a robust frame; default: the attack of method strongest."
        ),
    ] = None,
    walk: Annotated[
        str | None, typer.Option(metavar="ATTACK", help="The paper's walk; default: that of method sign_descent.")
    ] = None,
    nearest: Annotated[
        str | None, typer.Option(metavar="ATTACK", help="What finds nearest flips; default: that of method nearest.")
    ] = None,
    lattice: Annotated[
        str | None, typer.Option(metavar="ATTACK", help="The complete lattice; default: that of method lattice.")
    ] = None,
    spread: Annotated[
        str | None, typer.Option(metavar="SPREAD", help="The accidental changes; default: the only spread.")
    ] = None,
) -> None:
    """Write a table and a figure of all classifiers of RESULTS: what each costs in accuracy and gains in robustness.

    The studies have the same classifiers and different patients. Writes compare.csv, compare.md, compare.json and
    compare.png.
    """
    from echoshift.cli.progress import track_if_long
    from echoshift.comparison.comparing import compare_studies
    from echoshift.comparison.words import markdown
    from echoshift.figures.comparison import comparison_figure
    from echoshift.figures.style import save
    from echoshift.storage.files import write_json, write_text
    from echoshift.storage.tables import write_rows

    chosen = {
        "robust_against": robust_against, "walk": walk, "nearest": nearest, "lattice": lattice, "spread": spread,
    }  # fmt: skip
    found = compare_studies(results, baseline, chosen, lambda names: track_if_long(names, "Classifiers", len(names)))
    page = markdown(found.rows, found.about)
    write_rows(output / "compare.csv", list(found.rows[0]), found.rows)
    write_text(output / "compare.md", page)
    save(comparison_figure(found.rows, found.about), output / "compare.png", found.about)
    write_json(output / "compare.json", found.about)
    print(page, f"Look at: {output}", sep="\n")
