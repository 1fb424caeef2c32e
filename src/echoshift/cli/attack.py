"""`echoshift attack`: search the settings of frames for a changed diagnosis."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import PredictorJSON


def attack(
    table: Annotated[
        Path,
        typer.Option(
            help="CSV of the attacks: classifier, attack, frame, fold, folder, label, reconstruction, model, search."
        ),
    ],
    attack: Annotated[str, typer.Option(help="Name of the attack.")],
    frame: Annotated[list[str], typer.Option(help="Id of a frame; may be repeated.")],
    code: Annotated[str, typer.Option(help="Digest of the source code, stored beside each record.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write after all frames have been attacked.")],
    predictor: PredictorJSON = '{"engine": "openvino"}',
    again: Annotated[bool, typer.Option("--again", help="Attack frames with current results again.")] = False,
) -> None:
    """Attack frames in sequence and write the trajectory (zarr) and record (JSON) of each to its folder."""
    from functools import partial

    from echoshift.attacks.batch import attack_batch
    from echoshift.attacks.job import read_jobs
    from echoshift.classifiers.predictors.settings import PredictorSettings
    from echoshift.cli.progress import track_if_long
    from echoshift.storage.files import write_json
    from echoshift.validation import checked

    jobs = read_jobs(table, attack, frame)
    settings = checked(PredictorSettings, predictor, "--predictor")
    attack_batch(jobs, settings, code, again, partial(track_if_long, description="Attacks", total=len(jobs)))
    write_json(output, {"frames": [job.frame for job in jobs]})
