"""`echoshift reconstruct`: reconstruct one frame at given settings as a picture or a zarr store."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import AlphaL, AlphaU, Beta, Output, ReferenceLevel, Shape, SideCar, Source, check_ending
from echoshift.errors import EchoShiftError
from echoshift.settings import PAPER, SETTINGS

OTHERS = ", ".join(name for name in SETTINGS if name not in PAPER)


def reconstruct(
    frame: Source,
    output: Output,
    beta: Beta = None,
    alpha_l: AlphaL = None,
    alpha_u: AlphaU = None,
    reference_level: ReferenceLevel = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help=f"Another setting: {OTHERS}.")
    ] = None,
    shape: Shape = None,
    pixel_size: Annotated[float | None, typer.Option(help="Pixel size in metres, instead of --shape.")] = None,
    digest: Annotated[Path | None, typer.Option(help="File for the SHA-256 of the stored data.")] = None,
    sidecar: SideCar = None,
    made_with: Annotated[
        str | None, typer.Option(help="What a picture was made with, as JSON; default: from its side-car.")
    ] = None,
) -> None:
    """Reconstruct FRAME as OUTPUT: `.png` for the picture, `.zarr` for the frame and the picture with their axes."""
    from echoshift.formats.made_with import MadeWith
    from echoshift.formats.recording import open_recording
    from echoshift.reconstruction.cache import digest as store_digest
    from echoshift.reconstruction.cache import write_store
    from echoshift.reconstruction.envelope import envelope
    from echoshift.reconstruction.plans import plan_of
    from echoshift.records.provenance import image_digest, provenance
    from echoshift.storage.files import write_text, written_whole
    from echoshift.storage.png import write_png
    from echoshift.validation import checked

    check_ending(output, ".png", ".zarr")
    if shape and pixel_size is not None:
        raise EchoShiftError("--pixel-size: found --shape as well, expected one of them")
    told = {"beta": beta, "alpha_l": alpha_l, "alpha_u": alpha_u}
    told = {name: value for name, value in told.items() if value is not None} | _named(setting or [])
    own = checked(MadeWith, made_with, "--made-with") if made_with else None
    recording = open_recording(frame, sidecar, reference_level, own)
    settings = recording.settings | told
    found = recording.frame if recording.is_grey else envelope(recording.frame)
    plan = plan_of(found, shape, pixel=pixel_size)
    image = plan.render(settings)
    attributes = provenance(
        settings=settings,
        reference_level=recording.reference_level,
        shape=list(plan.grid.shape),
        image_digest=image_digest(image),  # compared with the inputs of features and evaluations
        inputs=recording.digests,
        packages=("numpy", "scipy", "h5py", "opencv-python-headless", "xarray", "zarr"),
    )
    if output.suffix == ".png":
        write_png(output, image, attributes)
        return
    with written_whole(output) as draft:
        write_store(draft, found, plan, image, attributes)
    if digest:
        write_text(digest, store_digest(found, plan.grid, image) + "\n")


def _named(texts: list[str]) -> dict[str, float]:
    settings = {}
    for text in texts:
        name, _, value = text.partition("=")
        if name not in SETTINGS or name in PAPER or name in settings:
            raise EchoShiftError(f"--set: found {text!r}, expected NAME=VALUE, each NAME once and one of {OTHERS}")
        try:
            settings[name] = float(value)
        except ValueError:
            raise EchoShiftError(f"--set: found {text!r}, expected a number after '='") from None
    return settings
