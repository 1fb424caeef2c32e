"""`echoshift inspect`: show what a file contains."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import check_ending


def inspect(
    file: Annotated[
        Path, typer.Argument(help="Frame or image of any known format; FILE#SELECTOR chooses one of several.")
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="PNG file for a figure of picture, level and spectrum.")
    ] = None,
    sidecar: Annotated[Path | None, typer.Option(help="YAML side-car of a frame; default: FILE.yaml.")] = None,
) -> None:
    """Show what a recording or picture contains: format, geometry, band, level over depth, noise and clipping."""
    from echoshift.bmode import GreyLinesFrame
    from echoshift.cli.printing import print_facts, print_warnings
    from echoshift.formats import holds_frame, open_frame, readings
    from echoshift.formats.images import open_picture
    from echoshift.formats.images.picture import Picture
    from echoshift.inspection.words import frame_facts, grey_lines_facts, picture_facts, reading_facts

    if output:
        check_ending(output, ".png")
    is_frame = holds_frame(file)
    opened = open_frame(file, sidecar) if is_frame else open_picture(file)
    if isinstance(opened, Picture):
        print_facts(str(file), picture_facts(opened))
        print_warnings(f"{file}: {warning}" for warning in opened.warnings)
    elif isinstance(opened, GreyLinesFrame):
        print_facts(str(file), grey_lines_facts(opened, file))
    else:
        print_facts(str(file), frame_facts(opened, file) | reading_facts(readings(file, sidecar), opened))
    if not output:
        return

    from echoshift.figures.style import save
    from echoshift.formats.digests import frame_digests
    from echoshift.inspection.picture import frame_figure, grey_lines_figure, picture_figure
    from echoshift.records.provenance import provenance

    draw = {Picture: picture_figure, GreyLinesFrame: grey_lines_figure}.get(type(opened), frame_figure)
    inputs = frame_digests(file, sidecar if is_frame else None)
    about = provenance(inputs=inputs, packages=("matplotlib", "numpy", "scipy"))
    save(draw(opened, file.name), output, about)
