"""The parts of the configuration that the summary needs to label its numbers and to reject outdated results."""

from pathlib import Path

from echoshift.attacks.settings import Search
from echoshift.classifiers.protocols import ProtocolName
from echoshift.errors import EchoShiftError
from echoshift.settings import SETTINGS
from echoshift.validation import Strict, checked

CONTROL = "random_search"
"""Method that the other attacks are compared with."""


class ClassifierFacts(Strict):
    """One entry of `classifiers:`: its protocol, the seed of its models, and the engine that its attacks ask."""

    protocol: ProtocolName
    seed: int | None
    engine: str


class AttackFacts(Strict):
    """One entry of `attacks:`."""

    method: str
    seed: int | None = None
    max_queries: int
    target: int | None = None


class StudyFacts(Strict):
    """The current configuration, resolved.

    Attributes
    ----------
    seed : int
        Seed of the simulated cohorts.
    simulated : bool
        Whether the attacked frames are simulated.
    classifiers, attacks : dict
        Entries by name.
    classes : tuple of str
        Names of labels 0, 1, ...
    searches : dict
        Search of each attack and frame in the current configuration.
    """

    seed: int
    simulated: bool
    classes: tuple[str, ...]
    classifiers: dict[str, ClassifierFacts]
    attacks: dict[str, AttackFacts]
    searches: dict[str, dict[str, Search]]

    @property
    def settings(self) -> tuple[str, ...]:
        """Names of the settings that any search moves or fixes."""
        searches = [search for of_attack in self.searches.values() for search in of_attack.values()]
        used = {name for search in searches for name in (*search.fixed, *(axis.name for axis in search.axes))}
        return tuple(name for name in SETTINGS if name in used)

    def controls(self, attack: str) -> list[str]:
        """Random searches in an attack's box, with its target and a budget that can match its queries on every frame.

        A box is the settings and their bounds, which must be the same for every frame.
        """
        box, own = self._box(attack), self.attacks[attack]
        return [
            name
            for name, entry in self.attacks.items()
            if entry.method == CONTROL
            and entry.max_queries >= own.max_queries
            and entry.target == own.target
            and self._box(name) == box
        ]

    def _box(self, attack: str) -> dict[str, dict[str, tuple[float, float]]]:
        return {
            frame: {axis.name: (axis.low, axis.high) for axis in search.axes}
            for frame, search in self.searches[attack].items()
        }


def read_study_facts(path: str | Path) -> StudyFacts:
    """Read the JSON that the workflow writes for the summary."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise EchoShiftError(f"{path}: cannot be read ({error.strerror}), expected the study as JSON") from None
    return checked(StudyFacts, text, str(path))
