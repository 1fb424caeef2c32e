"""`echoshift sensitivity`: ask how the scores of frames depend on each setting, alone and together."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import PredictorJSON


def sensitivity(
    study: Annotated[
        Path,
        typer.Option(
            help="JSON whose `sensitivity` has the label and the design of each frame, and `attacks` the lattices."
        ),
    ],
    classifier: Annotated[str, typer.Option(help="Name of the classifier's entry.")],
    frame: Annotated[list[str], typer.Option(help="Id of a frame; may be repeated.")],
    fold: Annotated[str, typer.Option(help="Fold whose model judges the frames.")],
    model: Annotated[Path, typer.Option(help="Folder of the trained model.")],
    reconstructions: Annotated[Path, typer.Option(help="Folder of the cached reconstructions, by frame.")],
    code: Annotated[str, typer.Option(help="Digest of the source code, kept beside each record.")],
    finished: Annotated[Path, typer.Option(help="File to write after the last frame.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the results, by frame.")],
    lattice: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of a lattice's results on the classifier, by frame; may be repeated."),
    ] = None,
    lattice_code: Annotated[str, typer.Option(help="Digest of the source code of a lattice.")] = "",
    predictor: PredictorJSON = '{"engine": "openvino"}',
) -> None:
    """Ask about each frame in sequence and write its answers (zarr) and record (JSON) to its folder."""
    from functools import partial

    from echoshift.classifiers.predictors.settings import PredictorSettings
    from echoshift.cli.progress import track_if_long
    from echoshift.jobs.frame_job import RECORD
    from echoshift.sensitivity.job import SensitivityJob, ask_frames
    from echoshift.storage.files import read_json, sha256_of_file, write_json
    from echoshift.validation import checked

    told = read_json(study)
    jobs = []
    for name in frame:
        common = {
            "classifier": classifier, "frame": name, "fold": fold, "reconstruction": str(reconstructions / name),
            "model": str(model),
        }  # fmt: skip
        lattices = [
            {**told["attacks"][folder.name][name], **common, "attack": folder.name, "folder": str(folder / name)}
            for folder in lattice or ()
        ]
        job = {**told["sensitivity"][name], **common, "folder": str(output / name), "lattices": lattices}
        jobs.append(checked(SensitivityJob, job, f"{study}: sensitivity, frame {name}"))
    settings = checked(PredictorSettings, predictor, "--predictor")
    track = partial(track_if_long, description="Sensitivity", total=len(jobs))
    ask_frames(jobs, settings, code, lattice_code, track)
    write_json(finished, {"frames": {job.frame: sha256_of_file(Path(job.folder, RECORD)) for job in jobs}})
