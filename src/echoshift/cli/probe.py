"""`echoshift probe`: attack one recording and one trained classifier, without a study."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from echoshift.attacks.searches import SEARCHES
from echoshift.cli.options import AlphaL, AlphaU, Beta, Folder, ReferenceLevel, RFSource, Shape, SideCar
from echoshift.settings import SETTINGS

Method = StrEnum("Method", list(SEARCHES))
ENDS = {
    "at_bounds": "all settings are at their bounds",
    "stalled": "no new settings to try",
    "exhausted": "query budget spent",
}
"""Descriptions of the outcomes without a changed answer."""


def probe(
    frame: RFSource,
    model: Annotated[Path, typer.Option(help="Folder of a trained classifier: results/classifiers/NAME/folds/FOLD.")],
    output: Folder,
    beta: Beta = SETTINGS["beta"].initial,
    alpha_l: AlphaL = SETTINGS["alpha_l"].initial,
    alpha_u: AlphaU = SETTINGS["alpha_u"].initial,
    reference_level: ReferenceLevel = None,
    shape: Shape = None,
    sidecar: SideCar = None,
    classes: Annotated[tuple[str, str], typer.Option(metavar="WORD0 WORD1", help="Names of label 0 and label 1.")] = (
        "label 0",
        "label 1",
    ),
    method: Annotated[Method, typer.Option(help="Search method.")] = Method.sign_descent,
    max_queries: Annotated[
        int, typer.Option(min=1, help="Maximum number of queries, including the initial settings.")
    ] = 105,
) -> None:
    """Measure how far the settings must move until the classifier changes its answer for FRAME.

    Needs no label and no study. The search starts at --beta, --alpha-l and --alpha-u and stays in the paper's box:
    beta 0.5 to 1.3 dB/(cm MHz), alpha_l 5 to 15 dB, alpha_u 50 to 60 dB. OUTPUT receives trajectory.zarr and record.json,
    as for an attack. The result is meaningful only if the picture is similar to those that the classifier was trained
    with: check --reference-level and --shape.
    """
    from echoshift.attacks.job import asker, run_search, write_attack
    from echoshift.attacks.settings import default_search
    from echoshift.classifiers.answers import answer_of_logit, probability
    from echoshift.classifiers.predictors import open_predictor
    from echoshift.classifiers.predictors.settings import PredictorSettings
    from echoshift.formats import open_frame
    from echoshift.formats.digests import frame_digests
    from echoshift.reconstruction.plan import ReconstructionPlan

    search = default_search(method.value, max_queries, {"beta": beta, "alpha_l": alpha_l, "alpha_u": alpha_u})
    recording = open_frame(frame, sidecar).with_reference_level(reference_level)
    plan = ReconstructionPlan(recording, shape)
    predictor = open_predictor(PredictorSettings(), model)
    record = write_attack(
        output, None, run_search(asker(plan, predictor), None, search), plan, predictor, frame_digests(frame, sidecar),
        classifier=str(model), attack=method.value, frame_id=str(frame),
        reference_level=recording.reference_level, shape=list(plan.grid.shape),
    )  # fmt: skip

    def answer(end: str) -> str:
        values = (f"{name} {value:g} {SETTINGS[name].unit}" for name, value in record[f"{end}_settings"].items())
        logit = record[f"{end}_logit"]
        return f"{classes[answer_of_logit(logit)]}, P({classes[1]}) {float(probability(logit)):.3f}, at {', '.join(values)}"

    rows, columns = plan.grid.shape
    print(f"{frame}: {answer('initial')} ({rows} x {columns} pixels, reference level {recording.reference_level:g} dB)")
    if record["outcome"] == "flipped":
        print(f"answer changed after {record['queries']} queries ({method.value}): {answer('final')}")
    else:
        end = ENDS[record["outcome"]]
        print(f"answer not changed within the box: {end} after {record['queries']} queries ({method.value})")
        print(f"ended: {answer('final')}")
    print(f"Look at: {output}/record.json, {output}/trajectory.zarr")
