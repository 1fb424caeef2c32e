"""Which attack of a study plays which part in the comparison."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from echoshift.errors import EchoShiftError
from echoshift.summary.study_facts import LATTICE, NEAREST, StudyFacts

STRONGEST, WALK = "strongest", "sign_descent"


@dataclass(frozen=True)
class Roles:
    """Names of attacks, and of a spread of accidental changes.

    Attributes
    ----------
    robust_against : str
        The attack that decides which frames are robust.
    walk, nearest, lattice : str or None
        The paper's walk, the search for nearest flips, the complete lattice. None if the studies have none.
    spread : str or None
    """

    robust_against: str
    walk: str | None
    nearest: str | None
    lattice: str | None
    spread: str | None


def roles_of(study: StudyFacts, place: str, spreads: Iterable[str], chosen: Mapping[str, str | None]) -> Roles:
    """The attack of each part: the chosen one, else the only one with the method of the part that runs every time, else on request.

    Parameters
    ----------
    study : StudyFacts
    place : str
        What to call the study in errors.
    spreads : iterable of str
        The study's spreads of accidental changes.
    chosen : mapping
        Name of an attack or a spread, by part; None where the user chose nothing.

    Raises
    ------
    EchoShiftError
        If a chosen name does not exist, a part is not clear, or nothing decides which frames are robust.
    """

    def attack(part: str, method: str) -> str | None:
        known = [name for name, entry in study.attacks.items() if entry.target is None]
        found = [name for name in known if study.attacks[name].method == method]
        every_time = [name for name in found if not study.attacks[name].on_request]
        return _one_of(part, known, every_time or found, chosen.get(part), f"{place}: attacks without a target")

    robust = attack("robust_against", STRONGEST)
    if robust is None:
        raise EchoShiftError(
            f"{place}: attacks: found none of method {STRONGEST}, expected one, or --robust-against with one of "
            f"{', '.join(study.attacks)}"
        )
    spreads = list(spreads)
    spread = _one_of("spread", spreads, spreads, chosen.get("spread"), f"{place}: accidental.spreads")
    return Roles(robust, attack("walk", WALK), attack("nearest", NEAREST), attack("lattice", LATTICE), spread)


def _one_of(part: str, known: list[str], found: list[str], chosen: str | None, place: str) -> str | None:
    option = f"--{part.replace('_', '-')}"
    if chosen is not None:
        if chosen not in known:
            raise EchoShiftError(f"{place}: found {', '.join(known) or 'none'}, expected {chosen}, as {option} says")
        return chosen
    if len(found) > 1:
        raise EchoShiftError(f"{place}: found {', '.join(found)}, expected {option} with one of them")
    return found[0] if found else None
