"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Option("-o", "--output", help="The folder to write, whole or not at all.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="The file to write, whole or not at all.")]
