"""Ask about the sensitivity of frames: from cached reconstructions and a model to result folders."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from echoshift import __version__
from echoshift.attacks.job import AttackJob, asker
from echoshift.classifiers.predictors import Predicts, open_predictor
from echoshift.classifiers.predictors.settings import ENGINES, PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.cache import read_reconstruction
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.records.provenance import package_versions, provenance
from echoshift.sensitivity.asking import ask_design
from echoshift.sensitivity.field import slices_of_lattices
from echoshift.sensitivity.ledger import CODE, RECORD, STORE, write_ledger
from echoshift.sensitivity.settings import Design
from echoshift.validation import Strict

MOST_NAMED = 10
"""Maximum number of failed frames named in the error message of a batch."""


class SensitivityJob(Strict):
    """One frame to ask about.

    Attributes
    ----------
    classifier, frame : str
        Name of the classifier, and the frame's id.
    label : int or None
        Number of the true class. None if unknown: then the initial answer takes its place.
    fold : str
        Fold whose model judges the frame.
    reconstruction, model, folder : str
        Folders of the frame's cached reconstruction, of the fold's model, and of the result.
    design : Design
    lattices : tuple of AttackJob
        Lattices of the frame whose field may have the sweeps and maps.
    """

    classifier: str
    frame: str
    label: Annotated[int, Field(ge=0)] | None
    fold: str
    reconstruction: str
    model: str
    folder: str
    design: Design
    lattices: tuple[AttackJob, ...] = ()

    def expected(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Fields that a record of this job has now; `record` gives the initial answer of a frame without a label."""
        unlabelled = self.label is None
        return {
            "classifier": self.classifier,
            "frame_id": self.frame,
            "fold": self.fold,
            "label_source": "answer" if unlabelled else "sheet",
            "label": record.get("initial_answer") if unlabelled else self.label,
            "design": self.design.model_dump(mode="json"),
            "inputs": {
                "reconstruction": Path(f"{self.reconstruction}.sha256").read_text(encoding="ascii").strip(),
                "model": Path(self.model, "digest.txt").read_text(encoding="ascii").strip(),
            },
        }


def ask_frames(
    jobs: Sequence[SensitivityJob],
    settings: PredictorSettings,
    code: str,
    lattice_code: str = "",
    track: Callable[[Sequence[SensitivityJob]], Iterable[SensitivityJob]] = iter,
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
    failures: list[str] = []
    for model, of_model in groupby(track(due), key=lambda job: job.model):
        predictor = open_predictor(settings, model)
        for job in of_model:
            try:
                ask_frame(job, settings, predictor, code, lattice_code)
            except (EchoShiftError, OSError, MemoryError) as error:
                failures.append(str(error) or type(error).__name__)
    if failures:
        named = "; ".join(failures[:MOST_NAMED])
        more = f"; and {len(failures) - MOST_NAMED} more" if len(failures) > MOST_NAMED else ""
        raise EchoShiftError(f"{len(failures)} of {len(jobs)} frames failed: {named}{more}")


def ask_frame(
    job: SensitivityJob, settings: PredictorSettings, predictor: Predicts, code: str, lattice_code: str
) -> None:
    """Ask about one frame and write its folder atomically. The result does not depend on other frames of the process."""
    stored = read_reconstruction(job.reconstruction)
    plan = ReconstructionPlan(stored.frame, grid=stored.grid)
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
    write_ledger(job.folder, job.design, answers, about, code)


def is_current(job: SensitivityJob, settings: PredictorSettings, code: str) -> bool:
    """Whether a frame's result is finished and `job` would give the same result now, asked or taken from a field."""
    folder = Path(job.folder)
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        found = (folder / CODE).read_text(encoding="ascii").strip()
        expected = {
            "echoshift_version": __version__,
            "packages": package_versions(record.get("packages", ())),
            **job.expected(record),
        }
    except (OSError, ValueError):
        return False
    return (
        found == code
        and (folder / STORE / "zarr.json").is_file()
        and record.get("predictor", {}).get("engine") == settings.engine
        and all(record.get(key) == value for key, value in expected.items())
    )
