"""One frame's attack as a job: from a cached reconstruction and a trained model to a result folder."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from echoshift.attacks.settings import Search
from echoshift.classifiers.predictor_settings import PREDICTORS, PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.validation import Strict

if TYPE_CHECKING:
    from echoshift.attacks.run import KnownModel


class AttackJob(Strict):
    """What an attack is asked to do.

    Attributes
    ----------
    classifier, attack, frame : str
        Names of the entries and the frame's id.
    label : int
        True label: 1 is fatty liver.
    fold : str
        Whose model judges the frame.
    reconstruction, model : str
        Folders: the frame's cached reconstruction, and the fold's trained model.
    search : Search
    """

    classifier: str
    attack: str
    frame: str
    label: Annotated[int, Field(ge=0, le=1)]
    fold: str
    reconstruction: str
    model: str
    search: Search


class Plan(Strict):
    """Attacks that one process runs one after the other."""

    jobs: tuple[AttackJob, ...]


def open_predictor(settings: PredictorSettings, model: str | Path) -> "KnownModel":
    """Make the predictor that the configuration asks for, from a trained model's folder."""
    return import_module(PREDICTORS[settings.engine]).open_predictor(Path(model), settings)


def run_attack(job: AttackJob, predictor: "KnownModel", folder: str | Path) -> None:
    """Attack one frame and write its trajectory and record, whole or not at all.

    Parameters
    ----------
    job : AttackJob
    predictor : KnownModel
        Of `job.model`.
    folder : path
        Gets `trajectory.zarr` and `record.json`; the same, to the byte, whatever runs in the same process.
    """
    from echoshift.attacks.run import asker, run_search
    from echoshift.provenance import provenance
    from echoshift.reconstruction.cache import read_reconstruction
    from echoshift.reconstruction.plan import ReconstructionPlan
    from echoshift.trajectory import write_result

    stored = read_reconstruction(job.reconstruction)
    plan = ReconstructionPlan(stored.frame, grid=stored.grid)
    try:
        outcome, objective = run_search(asker(plan, predictor), job.label, job.search)
    except EchoShiftError as error:
        where = f"frame {job.frame}, classifier {job.classifier}, attack {job.attack}"
        raise EchoShiftError(f"{where}: {error}") from None
    about = provenance(
        classifier=job.classifier,
        attack=job.attack,
        frame_id=job.frame,
        label=job.label,
        fold=job.fold,
        predictor=predictor.describe(),
        inputs={"reconstruction": stored.digest, "model": predictor.digest},
        packages=("numpy", *predictor.packages, "opencv-python-headless", "xarray", "zarr"),
    )
    write_result(folder, outcome, objective, plan, about)
