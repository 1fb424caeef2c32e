"""One frame's attack as a job: from a cached reconstruction and a trained model to a result folder."""

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
    """What an attack is asked to do.

    Attributes
    ----------
    classifier, attack, frame : str
        Names of the entries and the frame's id.
    label : int or None
        True label: 1 is the positive class; None where nobody knows: the answer to the initial image takes its place.
    fold : str
        Whose model judges the frame.
    reconstruction, model : str
        Folders: the frame's cached reconstruction, and the fold's trained model.
    search : Search
    """

    classifier: str
    attack: str
    frame: str
    label: Annotated[int, Field(ge=0, le=1)] | None
    fold: str
    reconstruction: str
    model: str
    search: Search


class Plan(Strict):
    """Attacks that one process runs one after the other."""

    jobs: tuple[AttackJob, ...]


def run_attack(job: AttackJob, predictor: "Predicts", folder: str | Path) -> None:
    """Attack one frame and write its trajectory and record, whole or not at all.

    Parameters
    ----------
    job : AttackJob
    predictor : Predicts
        Of `job.model`.
    folder : path
        Gets `trajectory.zarr` and `record.json`; the same, to the byte, whatever runs in the same process.
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
    write_attack(folder, job.label, ended, plan, predictor, {"reconstruction": stored.digest}, **names)


def write_attack(
    folder: str | Path,
    label: int | None,
    ended: tuple[str, "Objective"],
    plan: "ReconstructionPlan",
    predictor: "Predicts",
    inputs: Mapping[str, str],
    **about: Any,
) -> dict[str, Any]:
    """Write the result folder of a search that has ended, whole or not at all.

    Parameters
    ----------
    folder : path
        Gets `trajectory.zarr` and `record.json`.
    label : int or None
        What the search was given, as for `AttackJob`.
    ended : (str, Objective)
        What `run_search` returned.
    plan : ReconstructionPlan
    predictor : Predicts
    inputs : mapping
        Digests of what the plan was made from; the model's is added.
    **about
        What else identifies the run, as JSON values.

    Returns
    -------
    dict
        The record. `label_source` is `sheet` for a label that was given, `answer` for the classifier's own.
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
    return write_result(folder, outcome, objective, plan, told)
