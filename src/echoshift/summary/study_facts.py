"""The parts of the configuration that the summary needs to label its numbers and to reject outdated results."""

from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field

from echoshift.attacks.settings import Search
from echoshift.classifiers.predictors.settings import ENGINES
from echoshift.classifiers.protocols import ProtocolName
from echoshift.errors import EchoShiftError
from echoshift.settings import SETTINGS
from echoshift.summary.cohort import Cohort
from echoshift.validation import Strict, checked

CONTROL = "random_search"
"""Method that the other attacks are compared with."""


MOST_NAMED = 4
"""Settings of a box that are named; of more their number is told."""
LATTICE = "lattice"
"""Method that asks every point of a lattice."""
NEAREST = "nearest"
"""Method that looks for the nearest flip."""


class ClassifierFacts(Strict):
    """One entry of `classifiers:`: its protocol, the seed of its models, the engine that its attacks ask, its features."""

    protocol: ProtocolName
    seed: int | None
    engine: str
    features_folder: str | None = None

    @property
    def reads_recordings(self) -> bool:
        """Whether it reads the recording instead of pictures, so that its frames are unreachable."""
        return ENGINES[self.engine].reads_recordings


class AttackFacts(Strict):
    """One entry of `attacks:`."""

    method: str
    seed: int | None = None
    max_queries: int
    target: int | None = None
    start: str | None = None
    classifiers: tuple[str, ...] | None = None
    on_request: bool = False

    @property
    def counts_queries(self) -> bool:
        """Whether its queries tell what its flips cost.

        A lattice asks in order of distance, `nearest` goes on to nearer flips, and an attack that starts from another has
        the queries of that one too.
        """
        return self.method not in (LATTICE, NEAREST) and not self.start


class StudyFacts(Strict):
    """The current configuration, resolved.

    Attributes
    ----------
    seed : int
        Seed of the simulated cohorts.
    cohort : Cohort
        What the frames are.
    group_by : str or None
        What the frames are grouped by: a column of their sheet, or `fat_grade`.
    groups : dict
        Cell of that column, by frame, where it is not empty.
    fat_limits : tuple of float
        Of the simulation.
    classifiers, attacks : dict
        Entries by name.
    classes : tuple of str
        Names of labels 0, 1, ...
    searches : dict
        Search of each attack and frame in the current configuration.
    """

    seed: int
    cohort: Cohort
    group_by: str | None = None
    groups: dict[str, str] = Field(default_factory=dict)
    fat_limits: tuple[float, ...] = ()
    classes: tuple[str, ...]
    classifiers: dict[str, ClassifierFacts]
    attacks: dict[str, AttackFacts]
    searches: dict[str, dict[str, Search]]

    @cached_property
    def settings(self) -> tuple[str, ...]:
        """Names of the settings that any search moves or fixes."""
        searches = [search for of_attack in self.searches.values() for search in of_attack.values()]
        used = {name for search in searches for name in (*search.fixed, *(axis.name for axis in search.axes))}
        return tuple(name for name in SETTINGS if name in used)

    @property
    def any_unreachable(self) -> bool:
        """Whether any classifier reads recordings. The tables have further columns then."""
        return any(entry.reads_recordings for entry in self.classifiers.values())

    @property
    def runs(self) -> list[tuple[str, str]]:
        """Classifier and attack of every run that the configuration names, also of those on request."""
        return [
            (classifier, name)
            for classifier in self.classifiers
            for name, entry in self.attacks.items()
            if entry.classifiers is None or classifier in entry.classifiers
        ]

    @property
    def usual_runs(self) -> list[tuple[str, str]]:
        """The runs without those on request."""
        return [(classifier, attack) for classifier, attack in self.runs if not self.attacks[attack].on_request]

    @property
    def stored_runs(self) -> list[tuple[str, str]]:
        """The usual runs whose paths are in the common store and in figures: without lattices, whose queries are too many."""
        return [
            (classifier, attack) for classifier, attack in self.usual_runs if self.attacks[attack].method != LATTICE
        ]

    def controls(self, classifier: str, attack: str) -> list[str]:
        """Random searches in an attack's box, with its target and a budget that can match its queries on every frame.

        None for an attack whose queries do not tell what its flips cost.
        """
        own = self.attacks[attack]
        return [
            name
            for name in self.same_box(attack)
            if (entry := self.attacks[name]).method == CONTROL
            and own.counts_queries
            and entry.max_queries >= own.max_queries
            and entry.target == own.target
            and (classifier, name) in self.runs
        ]

    def same_box(self, attack: str) -> list[str]:
        """Attacks with the same box as this one, itself included.

        A box is the searched settings, their initial values and bounds, the values of the others, and the limit of the
        pictures that count. It must be the same for every frame.
        """
        return self._with_same_box[attack]

    def box_words(self, attack: str) -> str:
        """The box of an attack, such as `beta 0.5 to 1.3, alpha_l 5 to 15`."""
        searches = list(self.searches[attack].values())
        names = [axis.name for axis in searches[0].axes]
        bounds = {tuple((axis.low, axis.high) for axis in search.axes) for search in searches}
        if len(names) > MOST_NAMED:
            words = f"{len(names)} settings"
        elif len(bounds) > 1:
            words = f"{', '.join(names)} within each frame's own bounds"
        else:
            words = ", ".join(f"{name} {low:g} to {high:g}" for name, (low, high) in zip(names, *bounds, strict=True))
        return words + (searches[0].accept.words if searches[0].accept else "")

    def one_box(self, attack: str) -> list[Any] | None:
        """The box of an attack, as `same_box` compares it, if all frames have the same one."""
        first, *others = (box for _, *box in self._boxes[attack])
        return first if all(box == first for box in others) else None

    @cached_property
    def _with_same_box(self) -> dict[str, list[str]]:
        boxes = self._boxes
        return {attack: [name for name, other in boxes.items() if other == box] for attack, box in boxes.items()}

    @property
    def _boxes(self) -> dict[str, list[Any]]:
        return {
            attack: [
                (frame, {axis.name: (axis.low, axis.initial, axis.high) for axis in one.axes}, one.fixed, one.accept)
                for frame, one in of_frame.items()
            ]
            for attack, of_frame in self.searches.items()
        }


def read_study_facts(path: str | Path) -> StudyFacts:
    """Read the JSON that the workflow writes for the summary."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise EchoShiftError(f"{path}: cannot be read ({error.strerror}), expected the study as JSON") from None
    return checked(StudyFacts, text, str(path))
