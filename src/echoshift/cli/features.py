"""`echoshift features`: compute features of images with a pretrained backbone, each row once."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import Output


def features(
    table: Annotated[Path, typer.Option(help="CSV of the images: item_id, path.")],
    rows: Annotated[Path, typer.Option(help="Cache folder with one small file per image.")],
    settings: Annotated[str, typer.Option(help="JSON of the pretrained network: backbone, weights, input_size.")],
    output: Output,
    defences: Annotated[
        str | None,
        typer.Option(
            help="JSON of the defences in training; TABLE then has a third column, `box`, with the settings that copies are drawn from."
        ),
    ] = None,
) -> None:
    """Write the features of all images of TABLE as `.npz`, with `--defences` of the pictures that training sees instead."""
    from rich.console import Console
    from rich.progress import track

    from echoshift.classifiers.backbones.features import compute_copies, compute_features
    from echoshift.classifiers.backbones.settings import BackboneSettings
    from echoshift.classifiers.defences.listed import Listed
    from echoshift.classifiers.defences.training_pictures import pictures_for_training
    from echoshift.classifiers.table import read_table
    from echoshift.formats.images import read_image
    from echoshift.validation import checked

    console = Console(stderr=True)
    backbone = checked(BackboneSettings, settings, "--settings")
    columns = ("item_id", "path") if defences is None else ("item_id", "path", "box")
    items = read_table(table, columns, may_be_empty=("box",))
    shown = track(items, "Features", console=console)
    if defences is None:
        images = ((item["item_id"], read_image(item["path"])) for item in shown)
        found, n_computed = compute_features(images, backbone, rows)
    else:
        chosen = checked(Listed, f'{{"defences": {defences}}}', "--defences").defences
        copies = (pictures_for_training(item, chosen, str(table)) for item in shown)
        found, n_computed = compute_copies(copies, backbone, rows, chosen)
    found.save(output)
    console.print(f"{len(items)} images, {n_computed} computed")
