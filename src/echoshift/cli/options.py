"""Options shared by several commands."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.errors import EchoShiftError

Folder = Annotated[Path, typer.Option("-o", "--output", help="Output folder, written atomically.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="Output file, written atomically.")]
PredictorJSON = Annotated[str, typer.Option(help="Predictor as JSON: engine, and for tensorflow allow_cpu, device.")]
Source = Annotated[Path, typer.Argument(help="Frame of any known format; FILE#SELECTOR chooses one of several.")]
SideCar = Annotated[Path | None, typer.Option(help="YAML side-car; default: FRAME.yaml.")]
ReferenceLevel = Annotated[
    float | None, typer.Option(help="Level in dB subtracted from all levels; default: from the file.")
]
Results = Annotated[Path, typer.Argument(help="Results folder of a finished study.")]
Frames = Annotated[
    str | None, typer.Option(metavar="ID,ID,...", help="Frames to show; default: at most the 40 that tell most.")
]
Relabel = Annotated[bool, typer.Option("--relabel", help="Show frames by numbers instead of their ids.")]
Shape = Annotated[tuple[int, int] | None, typer.Option(help="Rows and columns of the picture; default: 512 512.")]
_DEFAULT = "default: the paper's value; of a picture, what it was made with"
Beta = Annotated[float | None, typer.Option(help=f"Attenuation compensation in dB/(cm MHz); {_DEFAULT}.")]
AlphaL = Annotated[float | None, typer.Option(help=f"Lower threshold in dB; {_DEFAULT}.")]
AlphaU = Annotated[float | None, typer.Option(help=f"Upper threshold in dB; {_DEFAULT}.")]


def check_ending(output: Path, *endings: str) -> None:
    """Check the ending of `--output`, which chooses what is written."""
    if output.suffix not in endings:
        raise EchoShiftError(f"--output: found {output.name!r}, expected a name ending in {' or '.join(endings)}")
