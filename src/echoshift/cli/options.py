"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Option("-o", "--output", help="The folder to write, whole or not at all.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="The file to write, whole or not at all.")]
PredictorJSON = Annotated[str, typer.Option(help="JSON of what answers: engine, and for tensorflow allow_cpu, device.")]
RFSource = Annotated[Path, typer.Argument(help="RF frame of any known format; FILE#SELECTOR chooses one of several.")]
SideCarFile = Annotated[Path | None, typer.Option(help="YAML side-car; default: FRAME.yaml.")]
ReferenceLevel = Annotated[float | None, typer.Option(help="dB subtracted from all levels; default: the file's own.")]
Shape = Annotated[tuple[int, int] | None, typer.Option(help="Rows and columns of the picture; default: 512 512.")]
Beta = Annotated[float, typer.Option(help="Attenuation compensation, dB/(cm MHz).")]
AlphaL = Annotated[float, typer.Option(help="Lower threshold, dB.")]
AlphaU = Annotated[float, typer.Option(help="Upper threshold, dB.")]
