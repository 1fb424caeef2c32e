"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Option("-o", "--output", help="The folder to write, whole or not at all.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="The file to write, whole or not at all.")]
PredictorJSON = Annotated[str, typer.Option(help="JSON of what answers: engine (openvino or tensorflow), allow_cpu.")]
