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
) -> None:
    """Write the features of all images of TABLE as `.npz`."""
    from rich.console import Console
    from rich.progress import track

    from echoshift.classifiers.backbones.features import compute_features
    from echoshift.classifiers.backbones.settings import BackboneSettings
    from echoshift.classifiers.table import read_table
    from echoshift.formats.images import read_image
    from echoshift.validation import checked

    console = Console(stderr=True)
    items = read_table(table, ("item_id", "path"))
    images = ((item["item_id"], read_image(item["path"])) for item in track(items, "Features", console=console))
    found, n_computed = compute_features(images, checked(BackboneSettings, settings, "--settings"), rows)
    found.save(output)
    console.print(f"{len(items)} images, {n_computed} computed")
