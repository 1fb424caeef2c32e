"""The resolved study: every frame's settings, bounds and folds, as the workflow's rules need them."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from pydantic import TypeAdapter

from echoshift.accidental.settings import Draws
from echoshift.attacks.axes import Axis, axes_of
from echoshift.attacks.settings import Search
from echoshift.classifiers.defences.augment import AugmentSettings, CopiedBox
from echoshift.classifiers.kinds.settings import ClassifierSettings
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.phantom.fat_limits import FAT_GRADE
from echoshift.sensitivity.settings import Design
from echoshift.settings import BEFORE_DETECTION, SETTINGS
from echoshift.study.config import StudyConfig
from echoshift.study.folds import deal_folds
from echoshift.study.sheets import Recording
from echoshift.validation import Strict

ALL = "all"
"""Name of the only fold of a single-model classifier."""
FRAMES_OF_DRAWS = 20
"""Frames of one job of accidental changes at most: a minute or two with 299 draws each."""

FRAMES_OF_DESIGN = 10
"""Frames of one sensitivity job at most: about five minutes with 256 samples of three settings each."""


@dataclass(frozen=True)
class Moved:
    """Settings that are drawn for one recording, and the initial values of all."""

    axes: tuple[Axis, ...]
    fixed: dict[str, float]


@dataclass(frozen=True)
class Study:
    """A checked configuration with its sheets.

    Attributes
    ----------
    config : StudyConfig
    frames, images : dict
        Recordings by id, in the order of the sheets.
    frames_per_job : int
        Frames that one attack job takes in turn.
    folder : str
        Folder of the configuration.
    """

    config: StudyConfig
    frames: dict[str, Recording]
    images: dict[str, Recording]
    frames_per_job: int = 1
    folder: str = "."

    @cached_property
    def training_frames(self) -> dict[str, Recording]:
        """Frames that models may be trained on: all but those to test on alone."""
        return {name: frame for name, frame in self.frames.items() if not frame.test_only}

    @cached_property
    def folds(self) -> dict[str, dict[str, str]]:
        """Fold of each frame, by classifier."""
        return {name: self._folds(name, entry) for name, entry in self.config.classifiers.items()}

    def _folds(self, name: str, classifier: ClassifierSettings) -> dict[str, str]:
        if classifier.protocol != "cross_validation":
            return dict.fromkeys(self.frames, ALL)
        try:
            return deal_folds(self.frames.values(), classifier.folds, classifier.seed)
        except EchoShiftError as error:
            raise EchoShiftError(f"classifiers.{name}.folds: {error}") from None

    @cached_property
    def known_patients(self) -> dict[str, set[str] | None]:
        """Patients that each classifier was trained on elsewhere; None where nobody says."""
        return {name: self._known_patients(name, entry) for name, entry in self.config.classifiers.items()}

    def _known_patients(self, name: str, classifier: ClassifierSettings) -> set[str] | None:
        try:
            known = classifier.known_patients()
        except EchoShiftError as error:
            raise EchoShiftError(f"classifiers.{name}.trained_on: {error}") from None
        if known and known >= {frame.patient_id for frame in self.frames.values()}:
            raise EchoShiftError(
                f"classifiers.{name}.trained_on: found every patient of {self.config.cohorts.frames}, expected others"
            )
        return known

    def known(self, classifier: str, frame: str) -> int | None:
        """Whether a frame's patient is among those that the classifier was trained on elsewhere; None if nobody says."""
        patients = self.known_patients[classifier]
        return None if patients is None else int(self.frames[frame].patient_id in patients)

    def initial(self, frame: str) -> dict[str, float]:
        """Initial settings of a frame: the paper's values, overridden by the configuration and then the sheet.

        Those of a picture are what it was made with.
        """
        if made_with := self.frames[frame].made_with:
            return made_with.settings
        own = {**self.config.reconstruction.settings, **self.frames[frame].initial}
        return {name: own[name] for name in SETTINGS if name in own}

    def search(self, attack: str, frame: str) -> Search:
        """Complete search of an attack on a frame. The frame's bounds override the attack's, which override the defaults."""
        row = self.frames[frame]
        entry = self.config.attacks[attack]
        return entry.search(self.initial(frame), row.low, row.high, frame, self.config.classes, row.is_grey)

    def attacked(self, attack: str, frame: str) -> dict[str, Any]:
        """What an attack job needs to know about a frame, as JSON values: `label` and `search`."""
        return {"label": self.frames[frame].label, "search": self.search(attack, frame).model_dump(mode="json")}

    @cached_property
    def attacks(self) -> dict[str, dict[str, dict[str, Any]]]:
        """`attacked` for each attack and frame."""
        return {attack: {name: self.attacked(attack, name) for name in self.frames} for attack in self.config.attacks}

    def attacks_on(self, classifier: str, on_request: bool = False) -> list[str]:
        """Entries of `attacks` that attack a classifier: those of every run, or those on request."""
        return [
            name
            for name, entry in self.config.attacks.items()
            if entry.on_request == on_request and classifier in self.classifiers_of(name)
        ]

    def classifiers_of(self, attack: str) -> tuple[str, ...]:
        """Entries of `classifiers` that an attack attacks: those it names, else all.

        A lattice takes the first alone that settings reach.
        """
        entry = self.config.attacks[attack]
        return entry.classifiers or (self.first_reached if entry.exhaustive else tuple(self.config.classifiers))

    @property
    def first_reached(self) -> tuple[str, ...]:
        """The first classifier that settings reach, in a tuple; empty if all read recordings."""
        names = (name for name, entry in self.config.classifiers.items() if not entry.needs_recordings)
        return tuple(islice(names, 1))

    @property
    def accidental_classifiers(self) -> tuple[str, ...]:
        """Classifiers that are asked about accidental changes; none without the section."""
        section = self.config.accidental
        return () if section is None else section.classifiers or self.first_reached

    def draws(self, spread: str, frame: str) -> Draws:
        """What is drawn for a frame. The frame's bounds override those of the section, which override the defaults."""
        row = self.frames[frame]
        return self.config.accidental.drawn(spread, frame, self.initial(frame), row.low, row.high, row.is_grey)

    def drawn(self, spread: str, frame: str) -> dict[str, Any]:
        """What a job of accidental changes needs to know about a frame, as JSON values: `label` and `draws`."""
        return {"label": self.frames[frame].label, "draws": self.draws(spread, frame).model_dump(mode="json")}

    @cached_property
    def accidental(self) -> dict[str, dict[str, dict[str, Any]]]:
        """`drawn` for each spread and frame."""
        spreads = self.config.accidental.spreads if self.config.accidental else ()
        return {spread: {name: self.drawn(spread, name) for name in self.frames} for spread in spreads}

    @property
    def sensitivity_classifiers(self) -> tuple[str, ...]:
        """Classifiers whose sensitivity is asked about; none without the section."""
        section = self.config.sensitivity
        return () if section is None else section.classifiers or self.first_reached

    def design(self, frame: str) -> Design:
        """What is asked about a frame. The frame's bounds override those of the section, which override the defaults."""
        row = self.frames[frame]
        return self.config.sensitivity.design(frame, self.initial(frame), row.low, row.high, row.is_grey)

    def designed(self, frame: str) -> dict[str, Any]:
        """What a sensitivity job needs to know about a frame, as JSON values: `label` and `design`."""
        return {"label": self.frames[frame].label, "design": self.design(frame).model_dump(mode="json")}

    @cached_property
    def sensitivity(self) -> dict[str, dict[str, Any]]:
        """`designed` for each frame; empty without the section."""
        return {name: self.designed(name) for name in self.frames} if self.config.sensitivity else {}

    @property
    def group_by(self) -> str | None:
        """What the frames are grouped by; None if nothing tells."""
        is_simulated = all(frame.simulated for frame in self.frames.values())
        return self.config.cohorts.group_by or (FAT_GRADE if is_simulated else None)

    @property
    def cohort(self) -> dict[str, Any]:
        """What the frames are, as JSON values: how many are of which kind, and the dynamic range that is assumed of some."""
        frames = self.frames.values()
        grey = [frame for frame in frames if frame.is_grey]
        return {
            "simulated": any(frame.simulated for frame in frames),
            "n_frames": len(frames),
            "n_pictures": sum(frame.is_picture for frame in grey),
            "n_grey_lines": sum(not frame.is_picture for frame in grey),
            "assumed": {frame.name: frame.made_with.assume.dynamic_range for frame in grey if frame.made_with.assume},
        }

    def predictor(self, classifier: str) -> PredictorSettings:
        """Predictor that attack jobs query: the entry's, else the configuration's, else the one that classifies the frames."""
        entry = self.config.classifiers[classifier]
        return entry.predictor or self.config.predictor or entry.judged_by

    def recipe(self, classifier: str) -> Strict:
        """What determines a classifier's models, apart from their training items."""
        return self.config.classifiers[classifier].recipe(self.config.classes, self.folder)

    def training(self, classifier: str, fold: str) -> list[Recording]:
        """Training recordings of a fold: all images and labelled training frames except those of patients it will classify.

        With `train_once` no patients are excluded: the model classifies patients that it was trained on. A kind that needs
        recordings is trained on frames alone.
        """
        labelled = [frame for frame in self.training_frames.values() if frame.label is not None]
        images = () if self.config.classifiers[classifier].needs_recordings else self.images.values()
        recordings = [*images, *labelled]
        if self.config.classifiers[classifier].protocol == "train_once":
            return recordings
        judged = {self.frames[name].patient_id for name, own in self.folds[classifier].items() if own == fold}
        return [recording for recording in recordings if recording.patient_id not in judged]

    def moved(self, augment: AugmentSettings, recording: Recording) -> "Moved":
        """Settings that are drawn for the copies of a training recording: those of `augment`, else of all attacks together.

        Nobody says what a further image was made with. It is moved as a picture with the study's initial window, by the
        settings that need neither a centre frequency nor the echoes themselves. If all frames have grey levels, bounds are
        offsets on it, as on them.
        """
        is_image = self.is_image(recording)
        is_grey = recording.is_grey or (is_image and all(frame.is_grey for frame in self.frames.values()))
        initial = self.config.reconstruction.settings if is_image else self.initial(recording.name)
        entries = self.config.attacks.values() if augment.settings is None else ()
        boxes = [(entry.settings, entry.relative) for entry in entries] or [(augment.settings, None)]
        axes: dict[str, Axis] = {}
        for settings, offsets in boxes:
            for one in axes_of(settings, initial, recording.low, recording.high, offsets, is_grey):
                if not (is_image and one.name in ("beta", BEFORE_DETECTION)):
                    known = axes.get(one.name, one)
                    reach = {"low": min(one.low, known.low), "high": max(one.high, known.high)}
                    axes[one.name] = one.model_copy(update=reach)
        kept = ("alpha_l", "alpha_u") if is_image else initial
        return Moved(tuple(axes.values()), {name: initial[name] for name in kept})

    def copied(self, augment: AugmentSettings, recording: Recording) -> CopiedBox:
        """`moved` as the job that draws the copies needs it."""
        box = self.moved(augment, recording)
        low, high = ({axis.name: getattr(axis, end) for axis in box.axes} for end in ("low", "high"))
        return CopiedBox(initial=box.fixed, low=low, high=high)

    @property
    def recordings(self) -> dict[str, dict[str, Any]]:
        """Where the recording of each frame lies, as JSON values of `RecordedAs`. Empty if no classifier reads them."""
        if not any(entry.needs_recordings for entry in self.config.classifiers.values()):
            return {}
        return {name: {"path": frame.path, "files": list(frame.files)} for name, frame in self.frames.items()}

    @cached_property
    def batches(self) -> dict[str, dict[str, list[str]]]:
        """Frames of each attack job, by classifier and batch.

        A batch holds frames of one fold in sheet order, so that a changed model affects only its own batches. Its name is
        the fold and a number, or the frame's id if `frames_per_job` is 1.
        """
        if self.frames_per_job == 1:
            return {name: {frame: [frame] for frame in folds} for name, folds in self.folds.items()}
        return {name: _batches(folds, self.frames_per_job) for name, folds in self.folds.items()}

    @cached_property
    def accidental_batches(self) -> dict[str, dict[str, list[str]]]:
        """Frames of each job of accidental changes, by classifier and batch, as in `batches`."""
        return {name: _batches(self.folds[name], FRAMES_OF_DRAWS) for name in self.accidental_classifiers}

    @cached_property
    def sensitivity_batches(self) -> dict[str, dict[str, list[str]]]:
        """Frames of each sensitivity job, by classifier and batch, as in `batches`."""
        return {name: _batches(self.folds[name], FRAMES_OF_DESIGN) for name in self.sensitivity_classifiers}

    @cached_property
    def batch_of(self) -> dict[str, dict[str, str]]:
        """Batch of each frame, by classifier."""
        return {
            classifier: {frame: batch for batch, frames in batches.items() for frame in frames}
            for classifier, batches in self.batches.items()
        }

    def to_json(self) -> str:
        """The whole study as JSON, to be read by `from_json`."""
        return TypeAdapter(Study).dump_json(self).decode()

    @staticmethod
    def from_json(text: str) -> "Study":
        """Load a study that was already checked, without reading its sheets."""
        return TypeAdapter(Study).validate_json(text)

    def is_image(self, recording: Recording) -> bool:
        """Whether a recording is a further image rather than a frame."""
        return self.images.get(recording.name) is recording


def _batches(folds: dict[str, str], size: int) -> dict[str, list[str]]:
    """Frames of one fold in sheet order, by batch."""
    of_fold, batches = Counter(), {}
    for frame, fold in folds.items():
        batches.setdefault(f"{fold}-{of_fold[fold] // size}", []).append(frame)
        of_fold[fold] += 1
    return batches
