"""`echoshift attack`: search one frame's settings for a changed diagnosis."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import Folder


def attack(
    reconstruction: Annotated[Path, typer.Option(help="Folder of the frame's cached reconstruction.")],
    engine: Annotated[Path, typer.Option(help="The exported classifier, engine.xml.")],
    search: Annotated[str, typer.Option(help="JSON of the search: method, axes, fixed settings, max_queries, seed.")],
    frame: Annotated[str, typer.Option(help="The frame's id.")],
    label: Annotated[int, typer.Option(min=0, max=1, help="True label: 1 is fatty liver.")],
    classifier: Annotated[str, typer.Option(help="Name of the classifier's entry.")],
    attack: Annotated[str, typer.Option(help="Name of the attack's entry.")],
    fold: Annotated[str, typer.Option(help="Fold whose model judges the frame.")],
    output: Folder,
) -> None:
    """Attack one frame and write its trajectory (zarr) and record (JSON)."""
    from echoshift.attacks.run import asker, run_search
    from echoshift.attacks.settings import Search
    from echoshift.classifiers.predictor import Predictor
    from echoshift.errors import EchoShiftError
    from echoshift.provenance import provenance
    from echoshift.reconstruction.cache import read_reconstruction
    from echoshift.reconstruction.plan import ReconstructionPlan
    from echoshift.trajectory import write_result
    from echoshift.validation import checked

    stored = read_reconstruction(reconstruction)
    plan = ReconstructionPlan(stored.frame, stored.image.shape)
    predictor = Predictor(engine)
    try:
        outcome, objective = run_search(asker(plan, predictor), label, checked(Search, search, "--search"))
    except EchoShiftError as error:
        raise EchoShiftError(f"frame {frame}, classifier {classifier}, attack {attack}: {error}") from None
    about = provenance(
        classifier=classifier,
        attack=attack,
        frame_id=frame,
        label=label,
        fold=fold,
        predictor=predictor.describe(),
        inputs={"reconstruction": stored.digest, "model": predictor.digest},
        packages=("numpy", "openvino", "opencv-python-headless", "xarray", "zarr"),
    )
    write_result(output, outcome, objective, plan, about)
