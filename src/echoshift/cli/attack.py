"""`echoshift attack`: search the settings of frames for a changed diagnosis."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import PredictorJSON


def attack(
    attacks: Annotated[
        Path, typer.Option(help="JSON whose `attacks` has the label and the search of each attack and frame.")
    ],
    classifier: Annotated[str, typer.Option(help="Name of the classifier's entry.")],
    attack: Annotated[str, typer.Option(help="Name of the attack's entry.")],
    frame: Annotated[list[str], typer.Option(help="Id of a frame; may be repeated.")],
    fold: Annotated[str, typer.Option(help="Fold whose model judges the frames.")],
    model: Annotated[Path, typer.Option(help="Folder of the trained model.")],
    reconstructions: Annotated[Path, typer.Option(help="Folder of the cached reconstructions, by frame.")],
    code: Annotated[str, typer.Option(help="Digest of the source code, kept beside each record.")],
    finished: Annotated[Path, typer.Option(help="File to write after the last frame.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the results, by frame.")],
    selected: Annotated[
        Path | None,
        typer.Option(
            help="selected.csv: frames that it does not list, or that have the target as their answer, are left out."
        ),
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="Folder of the attack whose queries this one starts from, by frame.")
    ] = None,
    recordings: Annotated[
        Path | None,
        typer.Option(
            help="JSON whose `recordings` says where each frame's recording lies, for a classifier that reads it."
        ),
    ] = None,
    predictor: PredictorJSON = '{"engine": "openvino"}',
    again: Annotated[bool, typer.Option("--again", help="Attack frames with current results again.")] = False,
) -> None:
    """Attack frames in sequence and write the trajectory (zarr) and record (JSON) of each to its folder."""
    from functools import partial

    from echoshift.attacks.batch import attack_batch
    from echoshift.attacks.job import AttackJob
    from echoshift.attacks.trajectory import RECORD
    from echoshift.classifiers.predictors.settings import PredictorSettings
    from echoshift.cli.progress import track_if_long
    from echoshift.storage.files import read_json, sha256_of_file, write_json
    from echoshift.summary.selection import read_selected
    from echoshift.validation import checked

    of_frame = read_json(attacks)["attacks"][attack]
    if selected:
        listed = read_selected(selected).get(classifier, {})
        frame = [
            name for name in frame if name in listed and listed[name].answer != of_frame[name]["search"].get("target")
        ]
    recorded = read_json(recordings)["recordings"] if recordings else {}
    jobs = [
        checked(
            AttackJob,
            {
                **of_frame[name], "classifier": classifier, "attack": attack, "frame": name, "fold": fold,
                "reconstruction": str(reconstructions / name), "model": str(model), "folder": str(output / name),
                "start": str(start / name) if start else None, "recording": recorded.get(name),
            },
            f"{attacks}: attack {attack}, frame {name}",
        )
        for name in frame
    ]  # fmt: skip
    settings = checked(PredictorSettings, predictor, "--predictor")
    attack_batch(jobs, settings, code, again, partial(track_if_long, description="Attacks", total=len(jobs)))
    write_json(finished, {"frames": {job.frame: sha256_of_file(Path(job.folder, RECORD)) for job in jobs}})
