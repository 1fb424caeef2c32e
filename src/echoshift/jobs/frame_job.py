"""One frame for a classifier to answer about, and whether its result is current."""

import json
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from echoshift import __version__
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.records.provenance import package_versions
from echoshift.records.recordings import RecordedAs
from echoshift.validation import Strict

RECORD = "record.json"
CODE = "code.sha256"
"""File with the digest of the source code of the rule that made the result."""


def input_digests(reconstruction: str | Path, model: str | Path) -> dict[str, str]:
    """Present digests of a cached reconstruction and of a model, given by their folders."""
    files = {"reconstruction": Path(f"{reconstruction}.sha256"), "model": Path(model, "digest.txt")}
    return {role: path.read_text(encoding="ascii").strip() for role, path in files.items()}


class FrameJob(Strict):
    """One frame and the model that answers. A kind of job adds what it asks.

    Attributes
    ----------
    classifier, frame : str
        Name of the classifier, and the frame's id.
    label : int or None
        Number of the true class. None if unknown: the answer for the initial image is used instead.
    fold : str
        Fold whose model judges the frame.
    reconstruction, model, folder : str
        Folders of the frame's cached reconstruction, of the fold's model, and of the result.
    recording : RecordedAs or None
        For a classifier that reads it instead of pictures.
    """

    classifier: str
    frame: str
    label: Annotated[int, Field(ge=0)] | None
    fold: str
    reconstruction: str
    model: str
    folder: str
    recording: RecordedAs | None = None

    @property
    @abstractmethod
    def stores(self) -> tuple[str, ...]:
        """Names of the zarr stores in a finished result."""

    @property
    @abstractmethod
    def asked(self) -> dict[str, Any]:
        """Fields of the record that say what was asked, as JSON values."""

    @property
    def inputs(self) -> dict[str, str]:
        """Digests of what the result is made from, by role."""
        return {**input_digests(self.reconstruction, self.model), **self.other_inputs}

    @property
    def other_inputs(self) -> dict[str, str]:
        """Digests of what the result is made from besides reconstruction and model, by role."""
        return {"recording": self.recording.digest} if self.recording else {}

    def expected(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Fields that a record of this job has now; `record` gives the initial answer of a frame without a label."""
        unlabelled = self.label is None
        return {
            "classifier": self.classifier,
            "frame_id": self.frame,
            "fold": self.fold,
            "label_source": "answer" if unlabelled else "sheet",
            "label": record.get("initial_answer") if unlabelled else self.label,
            **self.asked,
            "inputs": self.inputs,
        }


def is_current(job: FrameJob, settings: PredictorSettings, code: str) -> bool:
    """Whether a frame's result is finished and `job` would give the same result now.

    Compares what is asked, label, fold, model, reconstruction and other inputs, engine, package versions and source code.
    """
    folder = Path(job.folder)
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        found = (folder / CODE).read_text(encoding="ascii").strip()
        expected = {
            "echoshift_version": __version__,
            "packages": package_versions(record.get("packages", ())),
            **job.expected(record),
        }
    except (OSError, ValueError, EchoShiftError):
        return False
    return (
        found == code
        and all((folder / store / "zarr.json").is_file() for store in job.stores)
        and record.get("predictor", {}).get("engine") == settings.engine
        and all(record.get(key) == value for key, value in expected.items())
    )
