"""Checks of a study against its sheets: one line on the first problem."""

import os
from pathlib import Path

from echoshift.accidental.settings import Draws
from echoshift.attacks.settings import Search
from echoshift.classifiers.defences import DEFENCES
from echoshift.classifiers.defences.augment import AugmentSettings
from echoshift.classifiers.defences.listed import defence_named
from echoshift.errors import EchoShiftError
from echoshift.phantom.fat_limits import FAT_GRADE
from echoshift.sensitivity.settings import Design
from echoshift.settings import PAPER, SETTINGS, complaint
from echoshift.study.pictures import cannot_move
from echoshift.study.sheets import Recording
from echoshift.study.study import Moved, Study


def check_study(study: Study, source: str) -> None:
    """Check what depends on several keys, or on a key and the sheets. `source` is the configuration's name.

    Raises
    ------
    EchoShiftError
        One line on the first problem.
    """
    _check_places(study, source)
    _check_simulated(study, source)
    try:
        _ = study.folds, study.known_patients
    except EchoShiftError as error:
        raise EchoShiftError(f"{source}: {error}") from None
    _check_classifiers(study, source)
    _check_recordings(study, source)
    _check_attacks(study, source)
    _check_sections(study, source)
    _check_frames(study, source)
    _check_training(study, source)


def _check_classifiers(study: Study, source: str) -> None:
    entries = study.config
    for name, classifier in entries.classifiers.items():
        for key, file in classifier.user_files(study.folder).items():
            if not Path(file).is_file():
                raise EchoShiftError(f"{source}: classifiers.{name}.{key}: file {file!r} not found")
        for one in classifier.defences:
            if not classifier.takes(one):
                taken = [other for other in DEFENCES if classifier.takes(defence_named(other))]
                raise EchoShiftError(
                    f"{source}: classifiers.{name}.defences: found {one.defence!r}, expected {' or '.join(taken) or 'none'}: models of "
                    f"kind {classifier.kind} have {'no other' if taken else 'no defences'}"
                )
        if classifier.regions and all(frame.is_picture for frame in study.frames.values()):
            raise EchoShiftError(
                f"{source}: classifiers.{name}.texture: found the regions {' and '.join(classifier.regions)} and pictures alone, "
                "expected recordings that have regions"
            )
        if wrong := classifier.complaint(entries.classes):
            raise EchoShiftError(f"{source}: classifiers.{name}.{wrong}")
        if (engine := study.predictor(name).engine) not in classifier.engines():
            where = f"classifiers.{name}.predictor" if classifier.predictor else "predictor"
            raise EchoShiftError(
                f"{source}: {where}.engine: found {engine!r}, expected one that reads models of kind {classifier.kind} "
                f"(classifiers.{name}): {', '.join(classifier.engines())}"
            )


def _check_recordings(study: Study, source: str) -> None:
    """Check that classifiers that read recordings find RF, and that nobody asks them what no setting can change."""
    entries = study.config
    readers = [name for name, entry in entries.classifiers.items() if entry.needs_recordings]
    if not readers:
        return
    where = f"{source}: classifiers.{readers[0]}"
    if grey := [frame for frame in study.frames.values() if frame.is_grey]:
        raise EchoShiftError(
            f"{where}.kind: found {entries.classifiers[readers[0]].kind} and {len(grey)} of {len(study.frames)} frames without "
            f"RF ({grey[0].where}), expected RF in every frame"
        )
    asked = {f"attacks.{name}": study.classifiers_of(name) for name, one in entries.attacks.items() if one.exhaustive}
    asked |= {"accidental": study.accidental_classifiers, "sensitivity": study.sensitivity_classifiers}
    for key, names in asked.items():
        if found := [name for name in names if name in readers]:
            raise EchoShiftError(
                f"{source}: {key}.classifiers: found {found[0]!r}, which reads the recording, so that its answer is the same at "
                "all settings, expected classifiers of pictures"
            )
        section = key.startswith("attacks.") or getattr(entries, key)
        if section and not names:
            raise EchoShiftError(f"{source}: {key}: found no classifier of pictures to ask, expected one")


def _check_attacks(study: Study, source: str) -> None:
    entries = study.config
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


def _check_sections(study: Study, source: str) -> None:
    """Check that the classifiers that are asked further questions exist."""
    entries = study.config
    asked = {"accidental": study.accidental_classifiers, "sensitivity": study.sensitivity_classifiers}
    for section, name in ((section, name) for section, names in asked.items() for name in names):
        if name not in entries.classifiers:
            raise EchoShiftError(
                f"{source}: {section}.classifiers: found {name!r}, expected entries of classifiers: "
                f"{', '.join(entries.classifiers)}"
            )


def _check_frames(study: Study, source: str) -> None:
    """Check the initial values and all bounds of each frame."""
    entries = study.config
    for frame in study.frames.values():
        _check_initial(study, frame, source)
        _check_movable(study, frame, source)
        for name, attack in entries.attacks.items():
            search = study.search(name, frame.name)
            _check_bounds(search, frame, f"{source}: attacks.{name}", f"attack {name}")
            if wrong := attack.complaint(search):
                raise EchoShiftError(f"{source}: attacks.{name}, frame {frame.name}: {wrong}")
        for name, augment in _augmented(study) if not frame.test_only else ():
            box = study.moved(augment, frame)
            _check_bounds(box, frame, f"{source}: classifiers.{name}.defences", f"augment of {name}")
        if entries.accidental:  # all spreads have the same bounds
            draws = study.draws(next(iter(entries.accidental.spreads)), frame.name)
            _check_bounds(draws, frame, f"{source}: accidental", "accidental")
        if entries.sensitivity:
            _check_bounds(study.design(frame.name), frame, f"{source}: sensitivity", "sensitivity")
    for name, augment in _augmented(study):
        for image in list(study.images.values())[:1]:  # the box of all of them
            whose = f"augment of {name} on further images"
            _check_bounds(study.moved(augment, image), image, f"{source}: classifiers.{name}.defences", whose)


def _check_movable(study: Study, frame: Recording, source: str) -> None:
    """Check that a picture allows all settings that are moved on it."""
    if not frame.is_grey:
        return
    entries = study.config
    moved = {f"attacks.{name}": attack.settings for name, attack in entries.attacks.items()}
    if not frame.test_only:
        moved |= {f"classifiers.{name}.defences": augment.settings or {} for name, augment in _augmented(study)}
    moved |= {
        section: getattr(entries, section).settings
        for section in ("accidental", "sensitivity")
        if getattr(entries, section)
    }
    for name in SETTINGS:
        entry = next((where for where, settings in moved.items() if name in settings), None)
        if entry and (expected := cannot_move(frame, name)):
            raise EchoShiftError(f"{source}: {entry}.settings.{name}: found grey levels, {frame.where}, {expected}")


def _augmented(study: Study) -> list[tuple[str, AugmentSettings]]:
    """Classifiers with `augment`, and its settings."""
    entries = study.config.classifiers.items()
    return [(name, one) for name, entry in entries for one in entry.defences if isinstance(one, AugmentSettings)]


def _check_training(study: Study, source: str) -> None:
    """Check that each model has every class to learn from."""
    for classifier, folds in study.folds.items():
        if not study.config.classifiers[classifier].learns:
            continue
        for fold in dict.fromkeys(folds.values()):
            found = {recording.label for recording in study.training(classifier, fold)}
            if missing := [name for label, name in enumerate(study.config.classes) if label not in found]:
                raise EchoShiftError(
                    f"{source}: classifiers.{classifier}: found only labels {sorted(found)} to train fold {fold} on, "
                    f"expected also {', '.join(missing)}"
                )


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
    if start.accept != attack.accept:
        raise EchoShiftError(f"{where} with another limit of pictures that count, expected the same `accept`")
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
    """Check that the simulation has each class of a simulated recording, and that all have a fat fraction to group by."""
    n_simulated, n_classes = len(study.config.simulation.fat_limits) + 2, len(study.config.classes)
    is_any = any(one.simulated for one in (*study.frames.values(), *study.images.values()))
    if is_any and n_classes != n_simulated:
        raise EchoShiftError(
            f"{source}: simulation.fat_limits: found {n_simulated - 2} limits, expected {n_classes - 2} for {n_classes} classes of "
            "simulated recordings"
        )
    real = [one for one in study.frames.values() if not one.simulated]
    if study.config.cohorts.group_by == FAT_GRADE and real:
        raise EchoShiftError(
            f"{source}: cohorts.group_by: found {FAT_GRADE} and {real[0].where}, which is not simulated, expected simulated frames "
            "alone, or a column whose name starts with note_"
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


def _check_bounds(box: Search | Draws | Design | Moved, frame: Recording, entry: str, whose: str) -> None:
    """Check the bounds of a frame's search, draws or design. `entry` is the key that has the settings, `whose` names it."""
    reach = {name: (value, value) for name, value in box.fixed.items()}
    own = {*({} if frame.is_grey else frame.initial), *frame.low, *frame.high}
    for one in box.axes:
        origin = f"{frame.where}, {one.name}" if one.name in own else f"{entry}.settings.{one.name}"
        bounds = f"[{one.low:g}, {one.high:g}] {SETTINGS[one.name].unit}".rstrip()
        if one.low > one.high:
            raise EchoShiftError(
                f"{origin}: found bounds {bounds} for {whose}, expected the lower bound not above the upper one"
            )
        if not one.low <= one.initial <= one.high:
            of_entry = frame.is_grey and one.name in PAPER and one.name not in own
            offsets = " (on pictures, its bounds are offsets unless relative: false)" if of_entry else ""
            raise EchoShiftError(
                f"{origin}: found initial value {one.initial:g} outside the bounds {bounds} of {whose}, expected it inside{offsets}"
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
