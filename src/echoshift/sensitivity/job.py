"""Ask about the sensitivity of frames: from cached reconstructions and a model to result folders."""

from collections.abc import Sequence
from typing import Any

from echoshift.attacks.job import AttackJob, asker
from echoshift.classifiers.predictors import Predicts
from echoshift.classifiers.predictors.settings import ENGINES, PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.jobs.asking import settings_at
from echoshift.jobs.batch import Track, run_batch
from echoshift.jobs.frame_job import FrameJob, is_current
from echoshift.reconstruction.cache import read_reconstruction
from echoshift.records.provenance import provenance
from echoshift.sensitivity.asking import ask_design
from echoshift.sensitivity.field import slices_of_lattices
from echoshift.sensitivity.ledger import STORE, write_ledger
from echoshift.sensitivity.settings import Design


class SensitivityJob(FrameJob):
    """One frame to ask about.

    Attributes
    ----------
    design : Design
    lattices : tuple of AttackJob
        Lattices of the frame whose field may have the sweeps and maps.
    """

    design: Design
    lattices: tuple[AttackJob, ...] = ()

    @property
    def stores(self) -> tuple[str, ...]:
        """Names of the zarr stores in a finished result."""
        return (STORE,)

    @property
    def asked(self) -> dict[str, Any]:
        """Fields of the record that say what was asked, as JSON values."""
        return {"design": self.design.model_dump(mode="json")}


def ask_frames(
    jobs: Sequence[SensitivityJob],
    settings: PredictorSettings,
    code: str,
    lattice_code: str = "",
    track: Track = iter,
) -> None:
    """Ask about the frames that have no finished and current result, in one process that opens each model once.

    A failed frame does not stop the others.

    Parameters
    ----------
    jobs : sequence of SensitivityJob
    settings : PredictorSettings
    code, lattice_code : str
        Digests of the source code of this rule and of a lattice.
    track : callable
        Shows the progress.

    Raises
    ------
    EchoShiftError
        After the last frame, if any frame failed. Contains the reasons.
    """
    due = [job for job in jobs if not is_current(job, settings, code)]
    run_batch(
        due, len(jobs), settings, lambda job, predictor: ask_frame(job, settings, predictor, code, lattice_code), track
    )


def ask_frame(
    job: SensitivityJob, settings: PredictorSettings, predictor: Predicts, code: str, lattice_code: str
) -> None:
    """Ask about one frame and write its folder atomically. The result does not depend on other frames of the process."""
    stored = read_reconstruction(job.reconstruction)
    plan = stored.plan()
    tolerance = ENGINES[predictor.describe()["engine"]].tolerance
    try:
        known, source = slices_of_lattices(job.lattices, job.design, settings, predictor, lattice_code)
        answers = ask_design(asker(plan, predictor), job.label, job.design, tolerance, known)
    except EchoShiftError as error:
        raise EchoShiftError(f"frame {job.frame}, classifier {job.classifier}, sensitivity: {error}") from None
    about = provenance(
        classifier=job.classifier,
        frame_id=job.frame,
        fold=job.fold,
        label=answers.label,
        label_source="answer" if job.label is None else "sheet",
        predictor=predictor.describe(),
        inputs={"reconstruction": stored.digest, "model": predictor.digest},
        slices_from=source,
        packages=("numpy", "scipy", *predictor.packages, "opencv-python-headless", "xarray", "zarr"),
    )
    asked = settings_at([axis.name for axis in job.design.axes], job.design.fixed, answers.points)
    write_ledger(job.folder, job.design, answers, plan.unknown(asked), about, code)
