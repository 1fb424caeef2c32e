"""`echoshift attack_batch`: many frames' attacks by one process, which pays its start and each model's once."""

from pathlib import Path
from typing import Annotated

import typer

from echoshift.cli.options import Folder, PredictorJSON


def attack_batch(
    plan: Annotated[Path, typer.Option(help="JSON of the attacks: jobs, each as the options of `attack`.")],
    output: Folder,
    predictor: PredictorJSON = '{"engine": "openvino"}',
) -> None:
    """Attack the frames of PLAN and write a folder with one result folder for each frame."""
    from itertools import groupby

    from echoshift.attacks.job import Plan, run_attack
    from echoshift.classifiers.predictors import open_predictor
    from echoshift.classifiers.predictors.settings import PredictorSettings
    from echoshift.cli.progress import track_if_long
    from echoshift.storage.files import read_json, written_whole
    from echoshift.validation import checked

    jobs = checked(Plan, read_json(plan), str(plan)).jobs
    settings = checked(PredictorSettings, predictor, "--predictor")
    with written_whole(output) as draft:
        draft.mkdir()
        for model, of_model in groupby(track_if_long(jobs, "Attacks", len(jobs)), key=lambda job: job.model):
            opened = open_predictor(settings, model)
            for job in of_model:
                run_attack(job, opened, draft / job.frame)
