"""The frames of several studies with the same classifiers, put together."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from echoshift.comparison.finished_study import FinishedStudy, Judgements
from echoshift.errors import EchoShiftError
from echoshift.summary.study_facts import StudyFacts


@dataclass(frozen=True, eq=False)
class Pooled:
    """Frames of all studies. Patients of different studies are different, whatever they are called.

    Attributes
    ----------
    labels : ndarray of int, (frame,)
    studies, patients : tuple of str, (frame,)
        A patient's name begins with that of the study.
    judgements : dict of Judgements
        By classifier. What one study lacks is None.
    """

    labels: np.ndarray
    studies: tuple[str, ...]
    patients: tuple[str, ...]
    judgements: dict[str, Judgements]

    @property
    def one_frame_each(self) -> bool:
        """Whether each patient has one frame, so that frames are independent."""
        return len(set(self.patients)) == len(self.patients)


def pool(studies: Sequence[FinishedStudy]) -> Pooled:
    """Put studies together that have the same classifiers, attacks, boxes and classes, and no frame in common.

    Raises
    ------
    EchoShiftError
        One line on the first study that differs from the first.
    """
    for study in studies[1:]:
        _check_alike(studies[0], study)
    _check_distinct(studies)
    names = [str(study.results) for study in studies for _ in study.frames]
    patients = [patient for study in studies for patient in study.patients]
    return Pooled(
        np.concatenate([study.labels for study in studies]),
        tuple(names),
        tuple(f"{name}/{patient}" for name, patient in zip(names, patients, strict=True)),
        {name: _joined([study.judgements[name] for study in studies]) for name in studies[0].facts.classifiers},
    )


def _joined(parts: Sequence[Judgements]) -> Judgements:
    values = {one.name: [getattr(part, one.name) for part in parts] for one in fields(Judgements)}
    return Judgements(
        **{name: None if any(value is None for value in own) else np.concatenate(own) for name, own in values.items()}
    )


def _check_alike(first: FinishedStudy, study: FinishedStudy) -> None:
    for what, of_first, own in zip(
        ("classes", "classifiers", "protocols", "attacks", "boxes", "accidental changes"),
        _about(first),
        _about(study),
        strict=True,
    ):
        if own != of_first:
            raise EchoShiftError(f"{study.results}: {what}: found {own}, expected {of_first}, as in {first.results}")
    for name, recipe in first.recipes.items():
        for key in recipe.keys() | study.recipes[name].keys():
            if (own := study.recipes[name].get(key)) != recipe.get(key):
                raise EchoShiftError(
                    f"{study.results}: classifiers.{name}.{key}: found {own}, expected {recipe.get(key)}, as in {first.results}"
                )


def _about(study: FinishedStudy) -> tuple[Any, ...]:
    """What must be the same in all studies, in words."""
    facts, roles = study.facts, study.roles
    classifiers = sorted(facts.classifiers)
    attacks = [one for one in (roles.robust_against, roles.walk, roles.nearest, roles.lattice) if one]
    return (
        ", ".join(facts.classes),
        ", ".join(classifiers),
        ", ".join(facts.classifiers[name].protocol for name in classifiers),
        ", ".join(f"{name} of {facts.attacks[name].max_queries} queries" for name in attacks),
        "; ".join(f"{name} in {_box_words(facts, name)}" for name in attacks),
        study.accidental,
    )


def _box_words(facts: StudyFacts, attack: str) -> str:
    """The box of an attack with all its values, or in fewer words if frames have boxes of their own."""
    if (box := facts.one_box(attack)) is None:
        return facts.box_words(attack)
    axes, fixed, accept = box
    words = [f"{name} {low:g} to {high:g} from {initial:g}" for name, (low, initial, high) in axes.items()]
    words += [f"{name} {value:g}" for name, value in fixed.items()]
    return ", ".join(words) + (accept.words if accept else "")


def _check_distinct(studies: Sequence[FinishedStudy]) -> None:
    seen: dict[str, FinishedStudy] = {}
    for study in studies:
        for frame, digest in zip(study.frames, study.digests, strict=True):
            if (other := seen.get(digest)) is not None and other is not study:
                raise EchoShiftError(
                    f"{study.results}: frame {frame}: found the same picture in {other.results}, expected studies of different patients"
                )
            seen[digest] = study
