"""`echoshift simulate`: one patient of a simulated cohort."""

from enum import StrEnum
from typing import Annotated

import typer

from echoshift.cli.options import Output


class Kind(StrEnum):
    """What is simulated: an RF frame of the second cohort, or an 8-bit image of the first one's scanner."""

    frame = "frame"
    image = "image"


def simulate(
    kind: Annotated[Kind, typer.Argument(help="`frame`: RF data (HDF5); `image`: the other scanner's 8-bit PNG.")],
    id: Annotated[str, typer.Option(help="Identifier; with label and seed it decides everything about the patient.")],
    label: Annotated[int, typer.Option(help="1 for a fatty liver, 0 for a healthy one.")],
    output: Output,
    seed: Annotated[int, typer.Option(help="Seed of the cohort.")] = 1,
    lines: Annotated[int, typer.Option(help="Image lines.")] = 192,
    samples: Annotated[int, typer.Option(help="Samples a line; fewer lower the sampling frequency.")] = 2048,
) -> None:
    """Simulate one patient from (seed, id, label) and write OUTPUT: `.h5` for a frame, `.png` for an image."""
    from echoshift.errors import EchoShiftError
    from echoshift.phantom.simulate import simulate_frame, simulate_image, truth
    from echoshift.storage.png import write_png

    suffix = ".h5" if kind is Kind.frame else ".png"
    if output.suffix != suffix:
        raise EchoShiftError(f"--output: found {output.name!r}, expected a name ending in {suffix}")
    if kind is Kind.frame:
        simulate_frame(id, label, seed, lines, samples).save(output)
        return
    about = truth(id, label, seed) | {"lines": lines, "samples": samples}
    write_png(output, simulate_image(id, label, seed, lines, samples), about)
