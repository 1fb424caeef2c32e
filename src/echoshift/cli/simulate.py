"""`echoshift simulate`: simulate one patient of a cohort."""

from enum import StrEnum
from typing import Annotated

import typer

from echoshift.cli.options import Output, check_ending
from echoshift.errors import EchoShiftError
from echoshift.phantom.scanners import SCANNERS, USUAL

Kind = StrEnum("Kind", ["frame", "image"])


def simulate(
    kind: Annotated[Kind, typer.Argument(help="`frame`: RF data (HDF5); `image`: 8-bit PNG of the other scanner.")],
    id: Annotated[str, typer.Option(help="Identifier; determines the patient, together with label and seed.")],
    label: Annotated[
        int, typer.Option(help="0 for a healthy liver, 1 for a fatty one; with --fat-limit, 1, 2, ... by fat fraction.")
    ],
    output: Output,
    seed: Annotated[int, typer.Option(help="Seed of the cohort.")] = 1,
    lines: Annotated[int, typer.Option(help="Number of image lines.")] = 192,
    samples: Annotated[int, typer.Option(help="Samples per line; fewer reduce the sampling frequency.")] = 2048,
    fat_limit: Annotated[
        list[float] | None,
        typer.Option(
            help="Fat fraction in % between two classes of fatty livers; may be repeated, in ascending order."
        ),
    ] = None,
    scanner: Annotated[
        str,
        typer.Option(help=f"Scanner that records a frame: {', '.join(SCANNERS)}."),
    ] = USUAL,
) -> None:
    """Simulate one patient from (seed, id, label) and write OUTPUT: `.h5` for a frame, `.png` for an image."""
    from echoshift.phantom.patient import draw_patient
    from echoshift.phantom.simulate import simulate_frame, simulate_image, truth
    from echoshift.storage.png import write_png

    check_ending(output, ".h5" if kind is Kind.frame else ".png")
    if kind is Kind.image and scanner != USUAL:
        raise EchoShiftError(f"--scanner: found {scanner!r} for an image, expected it for a frame only")
    limits = tuple(fat_limit or ())
    if kind is Kind.frame:
        simulate_frame(id, label, seed, lines, samples, limits, scanner).save(output)
        return
    about = truth(draw_patient(id, label, seed, limits)) | {"lines": lines, "samples": samples}
    write_png(output, simulate_image(id, label, seed, lines, samples, limits), about)
