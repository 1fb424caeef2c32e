"""Attack one frame: from a cached reconstruction and a model to a result folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from echoshift.attacks.settings import Search
from echoshift.errors import EchoShiftError
from echoshift.validation import Strict

if TYPE_CHECKING:
    from echoshift.attacks.objective import Objective
    from echoshift.classifiers.predictors import Predicts
    from echoshift.reconstruction.plan import ReconstructionPlan


class AttackJob(Strict):
    """One frame to attack.

    Attributes
    ----------
    classifier, attack, frame : str
        Names of the classifier and the attack, and the frame's id.
    label : int or None
        True label: 1 is the positive class. None if unknown: the answer for the initial image is used instead.
    fold : str
        Fold whose model judges the frame.
    reconstruction, model, folder : str
        Folders of the frame's cached reconstruction, of the fold's trained model, and of the result.
    search : Search
    """

    classifier: str
    attack: str
    frame: str
    label: Annotated[int, Field(ge=0, le=1)] | None
    fold: str
    reconstruction: str
    model: str
    folder: str
    search: Search


def run_attack(job: AttackJob, predictor: "Predicts", code: str) -> None:
    """Attack one frame and write its folder atomically.

    Writes `trajectory.zarr`, `record.json` and `code.sha256`. They do not depend on other frames of the process.

    Parameters
    ----------
    job : AttackJob
    predictor : Predicts
        Predictor of `job.model`.
    code : str
        Digest of the rule's source code.
    """
    from echoshift.attacks.run import asker, run_search
    from echoshift.reconstruction.cache import read_reconstruction
    from echoshift.reconstruction.plan import ReconstructionPlan

    stored = read_reconstruction(job.reconstruction)
    plan = ReconstructionPlan(stored.frame, grid=stored.grid)
    try:
        ended = run_search(asker(plan, predictor), job.label, job.search)
    except EchoShiftError as error:
        where = f"frame {job.frame}, classifier {job.classifier}, attack {job.attack}"
        raise EchoShiftError(f"{where}: {error}") from None
    names = {"classifier": job.classifier, "attack": job.attack, "frame_id": job.frame, "fold": job.fold}
    write_attack(job.folder, job.label, ended, plan, predictor, {"reconstruction": stored.digest}, code, **names)


def write_attack(
    folder: str | Path,
    label: int | None,
    ended: tuple[str, "Objective"],
    plan: "ReconstructionPlan",
    predictor: "Predicts",
    inputs: Mapping[str, str],
    code: str | None = None,
    **about: Any,
) -> dict[str, Any]:
    """Write the result folder of a finished search atomically.

    Parameters
    ----------
    folder : path
        Receives `trajectory.zarr` and `record.json`, and `code.sha256` if `code` is given.
    label : int or None
        Label passed to the search, as in `AttackJob`.
    ended : (str, Objective)
        Result of `run_search`.
    plan : ReconstructionPlan
    predictor : Predicts
    inputs : mapping
        Digests of the inputs of the plan. The model's digest is added.
    code : str, optional
        Digest of the source code. Stored beside the record, because an edited comment must not change a record.
    **about
        Further JSON values that identify the run.

    Returns
    -------
    dict
        The record. `label_source` is `sheet` for a given label, `answer` for the classifier's answer.
    """
    from echoshift.attacks.trajectory import write_result
    from echoshift.records.provenance import provenance

    outcome, objective = ended
    told = provenance(
        **about,
        label=objective.label,
        label_source="answer" if label is None else "sheet",
        predictor=predictor.describe(),
        inputs={**inputs, "model": predictor.digest},
        packages=("numpy", *predictor.packages, "opencv-python-headless", "xarray", "zarr"),
    )
    return write_result(folder, outcome, objective, plan, told, code)
