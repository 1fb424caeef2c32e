"""`echoshift inspect`: show what a file contains."""

from pathlib import Path
from typing import Annotated

import typer


def inspect(
    file: Annotated[
        Path, typer.Argument(help="RF frame or image of any known format; FILE#SELECTOR chooses one of several.")
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="PNG file for a figure of picture, level and spectrum.")
    ] = None,
    sidecar: Annotated[Path | None, typer.Option(help="YAML side-car of an RF frame; default: FILE.yaml.")] = None,
) -> None:
    """Show what a recording or picture contains: format, geometry, band, level over depth, noise and clipping."""
    from echoshift.cli.printing import print_facts, print_warnings
    from echoshift.errors import EchoShiftError
    from echoshift.formats import holds_frame, open_frame
    from echoshift.formats.images import open_picture
    from echoshift.inspection.words import frame_facts, picture_facts

    if output and output.suffix != ".png":
        raise EchoShiftError(f"--output: found {output.name!r}, expected a name ending in .png")
    if not holds_frame(file):
        picture = open_picture(file)
        print_facts(str(file), picture_facts(picture))
        print_warnings(f"{file}: {warning}" for warning in picture.warnings)
        if output:
            from echoshift.inspection.picture import picture_figure

            _save(output, picture_figure(picture, file.name), file, None)
        return
    frame = open_frame(file, sidecar)
    print_facts(str(file), frame_facts(frame, file))
    if output:
        from echoshift.inspection.picture import frame_figure

        _save(output, frame_figure(frame, file.name), file, sidecar)


def _save(output: Path, figure, file: Path, sidecar: Path | None) -> None:
    from echoshift.figures.style import save
    from echoshift.formats.digests import frame_digests
    from echoshift.records.provenance import provenance

    save(figure, output, provenance(inputs=frame_digests(file, sidecar), packages=("matplotlib", "numpy", "scipy")))
