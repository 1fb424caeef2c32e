"""The resolved study: every frame's settings, bounds and folds, as the workflow's rules need them."""

import os
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from echoshift.accidental.settings import Draws
from echoshift.attacks.settings import Search
from echoshift.classifiers.kinds.settings import ClassifierSettings
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.sensitivity.settings import Design
from echoshift.settings import SETTINGS, complaint
from echoshift.study.config import StudyConfig
from echoshift.study.folds import deal_folds
from echoshift.study.sheets import Recording, read_frames, read_images
from echoshift.validation import Strict, checked

ALL = "all"
"""Name of the only fold of a single-model classifier."""
FRAMES_OF_DRAWS = 20
"""Frames of one job of accidental changes at most: a minute or two with 299 draws each."""

FRAMES_OF_DESIGN = 10
"""Frames of one sensitivity job at most: about five minutes with 256 samples of three settings each."""


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
        """Initial settings of a frame: the paper's values, overridden by the configuration and then the sheet."""
        own = {**self.config.reconstruction.settings, **self.frames[frame].initial}
        return {name: own[name] for name in SETTINGS if name in own}

    def search(self, attack: str, frame: str) -> Search:
        """Complete search of an attack on a frame. The frame's bounds override the attack's, which override the defaults."""
        row = self.frames[frame]
        return self.config.attacks[attack].search(self.initial(frame), row.low, row.high, frame, self.config.classes)

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
        """Entries of `classifiers` that an attack attacks: those it names, else all. A lattice takes the first alone."""
        entry, names = self.config.attacks[attack], tuple(self.config.classifiers)
        return entry.classifiers or (names[:1] if entry.exhaustive else names)

    @property
    def accidental_classifiers(self) -> tuple[str, ...]:
        """Classifiers that are asked about accidental changes; none without the section."""
        section = self.config.accidental
        return () if section is None else section.classifiers or (next(iter(self.config.classifiers)),)

    def draws(self, spread: str, frame: str) -> Draws:
        """What is drawn for a frame. The frame's bounds override those of the section, which override the defaults."""
        row = self.frames[frame]
        return self.config.accidental.drawn(spread, frame, self.initial(frame), row.low, row.high)

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
        return () if section is None else section.classifiers or (next(iter(self.config.classifiers)),)

    def design(self, frame: str) -> Design:
        """What is asked about a frame. The frame's bounds override those of the section, which override the defaults."""
        row = self.frames[frame]
        return self.config.sensitivity.design(frame, self.initial(frame), row.low, row.high)

    def designed(self, frame: str) -> dict[str, Any]:
        """What a sensitivity job needs to know about a frame, as JSON values: `label` and `design`."""
        return {"label": self.frames[frame].label, "design": self.design(frame).model_dump(mode="json")}

    @cached_property
    def sensitivity(self) -> dict[str, dict[str, Any]]:
        """`designed` for each frame; empty without the section."""
        return {name: self.designed(name) for name in self.frames} if self.config.sensitivity else {}

    def predictor(self, classifier: str) -> PredictorSettings:
        """Predictor that attack jobs query: the entry's, else the configuration's, else the one that classifies the frames."""
        entry = self.config.classifiers[classifier]
        return entry.predictor or self.config.predictor or entry.judged_by

    def recipe(self, classifier: str) -> Strict:
        """What determines a classifier's models, apart from their training items."""
        return self.config.classifiers[classifier].recipe(self.config.classes, self.folder)

    def training(self, classifier: str, fold: str) -> list[Recording]:
        """Training recordings of a fold: all images and labelled frames except those of the patients it will classify.

        With `train_once` no patients are excluded: the model classifies patients that it was trained on.
        """
        labelled = [frame for frame in self.frames.values() if frame.label is not None]
        recordings = [*self.images.values(), *labelled]
        if self.config.classifiers[classifier].protocol == "train_once":
            return recordings
        judged = {self.frames[name].patient_id for name, own in self.folds[classifier].items() if own == fold}
        return [recording for recording in recordings if recording.patient_id not in judged]

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
        """Whether a recording is an image of the first cohort rather than an RF frame."""
        return self.images.get(recording.name) is recording


def _batches(folds: dict[str, str], size: int) -> dict[str, list[str]]:
    """Frames of one fold in sheet order, by batch."""
    of_fold, batches = Counter(), {}
    for frame, fold in folds.items():
        batches.setdefault(f"{fold}-{of_fold[fold] // size}", []).append(frame)
        of_fold[fold] += 1
    return batches


def load_study(
    config: dict[str, Any], source: str = "config.yaml", frames_per_job: int = 1, folder: str = "."
) -> Study:
    """Check a configuration and read its sheets.

    Parameters
    ----------
    config : dict
        As read from YAML; sheet paths are relative to the working directory.
    source : str
        Its name in error messages.
    frames_per_job : int
        The profile's number, used if the configuration has none.
    folder : str
        Its folder.

    Raises
    ------
    EchoShiftError
        One line on the first problem: wrong keys or values, impossible bounds, duplicate ids, missing files.
    """
    entries = checked(StudyConfig, config, source)
    frames = read_frames(entries.cohorts.frames, entries.results_dir, entries.classes)
    images = []
    if entries.cohorts.images:
        images = read_images(entries.cohorts.images, entries.results_dir, entries.classes)
    study = Study(
        entries,
        {frame.name: frame for frame in frames},
        {image.name: image for image in images},
        entries.frames_per_job or frames_per_job,
        folder,
    )
    _check_places(study, source)
    _check_simulated(study, source)
    try:
        folds_of, _ = study.folds, study.known_patients
    except EchoShiftError as error:
        raise EchoShiftError(f"{source}: {error}") from None
    for name, classifier in entries.classifiers.items():
        for key, file in classifier.user_files(folder).items():
            if not Path(file).is_file():
                raise EchoShiftError(f"{source}: classifiers.{name}.{key}: file {file!r} not found")
        if wrong := classifier.complaint(entries.classes):
            raise EchoShiftError(f"{source}: classifiers.{name}.{wrong}")
        if (engine := study.predictor(name).engine) not in classifier.engines():
            where = f"classifiers.{name}.predictor" if classifier.predictor else "predictor"
            raise EchoShiftError(
                f"{source}: {where}.engine: found {engine!r}, expected one that reads models of kind {classifier.kind} "
                f"(classifiers.{name}): {', '.join(classifier.engines())}"
            )
    for name, attack in entries.attacks.items():
        if unknown := set(attack.classifiers or ()) - set(entries.classifiers):
            raise EchoShiftError(
                f"{source}: attacks.{name}.classifiers: found {min(unknown)!r}, expected one of {', '.join(entries.classifiers)}"
            )
        if attack.start:
            _check_start(study, name, source)
        if attack.target not in (None, *entries.classes):
            raise EchoShiftError(
                f"{source}: attacks.{name}.target: found {attack.target!r}, expected one of {', '.join(entries.classes)}"
            )
    for name in entries.classifiers:
        if not study.attacks_on(name):
            raise EchoShiftError(
                f"{source}: attacks: found none for classifier {name} that runs every time, expected one without on_request"
            )
    asked = {"accidental": study.accidental_classifiers, "sensitivity": study.sensitivity_classifiers}
    for section, name in ((section, name) for section, names in asked.items() for name in names):
        if name not in entries.classifiers:
            raise EchoShiftError(
                f"{source}: {section}.classifiers: found {name!r}, expected entries of classifiers: "
                f"{', '.join(entries.classifiers)}"
            )
    for frame in study.frames.values():
        _check_initial(study, frame, source)
        for name, attack in entries.attacks.items():
            search = study.search(name, frame.name)
            _check_bounds(search, frame, f"{source}: attacks.{name}", f"attack {name}")
            if wrong := attack.complaint(search):
                raise EchoShiftError(f"{source}: attacks.{name}, frame {frame.name}: {wrong}")
        if entries.accidental:  # all spreads have the same bounds
            draws = study.draws(next(iter(entries.accidental.spreads)), frame.name)
            _check_bounds(draws, frame, f"{source}: accidental", "accidental")
        if entries.sensitivity:
            _check_bounds(study.design(frame.name), frame, f"{source}: sensitivity", "sensitivity")
    for classifier, folds in folds_of.items():
        if not entries.classifiers[classifier].learns:
            continue
        for fold in dict.fromkeys(folds.values()):
            found = {recording.label for recording in study.training(classifier, fold)}
            if missing := [name for label, name in enumerate(entries.classes) if label not in found]:
                raise EchoShiftError(
                    f"{source}: classifiers.{classifier}: found only labels {sorted(found)} to train fold {fold} on, "
                    f"expected also {', '.join(missing)}"
                )
    return study


def _check_start(study: Study, name: str, source: str) -> None:
    """Check that the attack that another one starts from runs before it, with the same target, on its classifiers."""
    entries = study.config
    attack, where = entries.attacks[name], f"{source}: attacks.{name}.from: found {entries.attacks[name].start!r}"
    above = list(entries.attacks)[: list(entries.attacks).index(name)]
    if attack.start not in above:
        raise EchoShiftError(f"{where}, expected an entry of attacks above it")
    start = entries.attacks[attack.start]
    if start.start:
        raise EchoShiftError(f"{where}, which starts from {start.start!r}, expected one that starts from none")
    if start.target != attack.target:
        raise EchoShiftError(f"{where} with target {start.target!r}, expected the same target {attack.target!r}")
    if start.on_request and not attack.on_request:
        raise EchoShiftError(f"{where}, which runs on request, expected one of every run")
    if missing := set(study.classifiers_of(name)) - set(study.classifiers_of(attack.start)):
        raise EchoShiftError(f"{where}, which does not attack {min(missing)}, expected one that does")


def _check_places(study: Study, source: str) -> None:
    """Check that user files are outside the results folder, where the workflow writes and deletes files."""
    results = study.config.results_dir
    folder = Path(results)

    def is_inside(path: str) -> bool:
        """Whether the path or its symlink target is inside the results folder."""
        file = Path(os.path.normpath(Path(path).absolute()))
        there = file.is_relative_to(os.path.normpath(folder.absolute()))
        return there or file.resolve().is_relative_to(folder.resolve())

    cohorts, recordings = study.config.cohorts, (*study.frames.values(), *study.images.values())
    sheets = {"frames": cohorts.frames, "images": cohorts.images}
    files = [
        *((f"{source}: cohorts.{cohort}", sheet) for cohort, sheet in sheets.items() if sheet),
        *((f"{one.where}, path", file) for one in recordings if not one.simulated for file in one.files),
    ]
    for where, file in files:
        if is_inside(file):
            raise EchoShiftError(
                f"{where}: found {file} inside results_dir {results}, expected it outside: results are written there"
            )


def _check_simulated(study: Study, source: str) -> None:
    """Check that the simulation has each class of a simulated recording."""
    n_simulated, n_classes = len(study.config.simulation.fat_limits) + 2, len(study.config.classes)
    is_any = any(one.simulated for one in (*study.frames.values(), *study.images.values()))
    if is_any and n_classes != n_simulated:
        raise EchoShiftError(
            f"{source}: simulation.fat_limits: found {n_simulated - 2} limits, expected {n_classes - 2} for {n_classes} classes of "
            "simulated recordings"
        )


def _check_initial(study: Study, frame: Recording, source: str) -> None:
    initial = study.initial(frame.name)
    for name, value in initial.items():
        if expected := complaint(name, value):
            origin = f"{frame.where}, {name}" if name in frame.initial else f"{source}: reconstruction.settings.{name}"
            raise EchoShiftError(f"{origin}: found {value:g}, expected {expected}")
    if not initial["alpha_l"] < initial["alpha_u"]:
        origin = frame.where if frame.initial else f"{source}: reconstruction.settings"
        raise EchoShiftError(
            f"{origin}: found alpha_l {initial['alpha_l']:g} and alpha_u {initial['alpha_u']:g} dB, expected alpha_l below alpha_u"
        )


def _check_bounds(box: Search | Draws | Design, frame: Recording, entry: str, whose: str) -> None:
    """Check the bounds of a frame's search, draws or design. `entry` is the key that has the settings, `whose` names it."""
    reach = {name: (value, value) for name, value in box.fixed.items()}
    own = {*frame.initial, *frame.low, *frame.high}
    for one in box.axes:
        origin = f"{frame.where}, {one.name}" if one.name in own else f"{entry}.settings.{one.name}"
        bounds = f"[{one.low:g}, {one.high:g}] {SETTINGS[one.name].unit}".rstrip()
        if one.low > one.high:
            raise EchoShiftError(
                f"{origin}: found bounds {bounds} for {whose}, expected the lower bound not above the upper one"
            )
        if not one.low <= one.initial <= one.high:
            raise EchoShiftError(
                f"{origin}: found initial value {one.initial:g} outside the bounds {bounds} of {whose}, expected it inside"
            )
        if expected := complaint(one.name, one.low) or complaint(one.name, one.high):
            raise EchoShiftError(f"{origin}: found bounds {bounds} for {whose}, expected each {expected}")
        reach[one.name] = (one.low, one.high)
    if not reach["alpha_l"][1] < reach["alpha_u"][0]:
        origin = frame.where if own & {"alpha_l", "alpha_u"} else f"{entry}.settings"
        raise EchoShiftError(
            f"{origin}: found alpha_l up to {reach['alpha_l'][1]:g} dB and alpha_u down to {reach['alpha_u'][0]:g} dB for {whose}, "
            "expected the range of alpha_l to end below the range of alpha_u"
        )
