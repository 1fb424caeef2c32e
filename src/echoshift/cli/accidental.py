"""`echoshift accidental`: ask about settings drawn around the initial ones of frames."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import PredictorJSON


def accidental(
    study: Annotated[
        Path, typer.Option(help="JSON whose `accidental` has the label and the draws of each spread and frame.")
    ],
    classifier: Annotated[str, typer.Option(help="Name of the classifier's entry.")],
    spread: Annotated[str, typer.Option(help="Name of the spread's entry.")],
    frame: Annotated[list[str], typer.Option(help="Id of a frame; may be repeated.")],
    fold: Annotated[str, typer.Option(help="Fold whose model judges the frames.")],
    model: Annotated[Path, typer.Option(help="Folder of the trained model.")],
    reconstructions: Annotated[Path, typer.Option(help="Folder of the cached reconstructions, by frame.")],
    code: Annotated[str, typer.Option(help="Digest of the source code, kept beside each record.")],
    finished: Annotated[Path, typer.Option(help="File to write after the last frame.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the results, by frame.")],
    predictor: PredictorJSON = '{"engine": "openvino"}',
) -> None:
    """Ask about draws of each frame in sequence and write its answers (zarr) and record (JSON) to its folder."""
    from functools import partial

    from echoshift.accidental.job import AccidentalJob, ask_frames
    from echoshift.classifiers.predictors.settings import PredictorSettings
    from echoshift.cli.progress import track_if_long
    from echoshift.jobs.frame_job import RECORD
    from echoshift.storage.files import read_json, sha256_of_file, write_json
    from echoshift.validation import checked

    of_frame = read_json(study)["accidental"][spread]
    jobs = [
        checked(
            AccidentalJob,
            {
                **of_frame[name], "classifier": classifier, "spread": spread, "frame": name, "fold": fold,
                "reconstruction": str(reconstructions / name), "model": str(model), "folder": str(output / name),
            },
            f"{study}: accidental spread {spread}, frame {name}",
        )
        for name in frame
    ]  # fmt: skip
    settings = checked(PredictorSettings, predictor, "--predictor")
    ask_frames(jobs, settings, code, partial(track_if_long, description="Accidental changes", total=len(jobs)))
    write_json(finished, {"frames": {job.frame: sha256_of_file(Path(job.folder, RECORD)) for job in jobs}})
