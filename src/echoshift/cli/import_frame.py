"""`echoshift import`: convert a recording of another tool to EchoShift's own format."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import Output, check_ending
from echoshift.errors import EchoShiftError


def import_frame(
    source: Annotated[Path, typer.Argument(help="Frame of any known format; FILE#SELECTOR chooses one of several.")],
    output: Output,
    sidecar: Annotated[Path | None, typer.Option(help="YAML side-car; default: SOURCE.yaml.")] = None,
    reference_level: Annotated[float | None, typer.Option(help="Level in dB subtracted from all levels.")] = None,
    sound_speed: Annotated[float | None, typer.Option(help="Sound speed in m/s; determines the depths.")] = None,
    center_frequency: Annotated[float | None, typer.Option(help="Centre of the received band in Hz.")] = None,
    beamform: Annotated[bool, typer.Option("--beamform", help="Beamform channel data of a zea file with zea.")] = False,
) -> None:
    """Convert SOURCE to OUTPUT (`.h5`) and show its content; options override the side-car and the file."""
    from dataclasses import replace

    from echoshift import __version__
    from echoshift.bmode import GreyLinesFrame
    from echoshift.cli.printing import print_facts
    from echoshift.formats.digests import frame_digests
    from echoshift.inspection.words import frame_facts

    check_ending(output, ".h5")
    told = {"reference_level": reference_level, "sound_speed": sound_speed, "center_frequency": center_frequency}
    told = {name: value for name, value in told.items() if value is not None}
    if beamform:
        from echoshift.formats.beamforming import beamformed_frame as read
    else:
        from echoshift.formats import open_frame as read
    frame = read(source, sidecar, told)
    if isinstance(frame, GreyLinesFrame):
        raise EchoShiftError(
            f"{source}: found lines of grey levels, expected echo data: list the file itself in a sheet"
        )
    origin = {"echoshift_version": __version__, "inputs": frame_digests(source, sidecar), "options": told}
    frame = replace(frame, metadata={**frame.metadata, "imported": origin})
    frame.save(output)
    print_facts(str(output), frame_facts(frame, output))
