"""What a study's configuration says of an attack, checked; and the box that one frame's attack searches.

Imports neither NumPy nor a search: the workflow is planned with it.
"""

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from echoshift.errors import EchoShiftError
from echoshift.settings import DECIMALS, PAPER, SETTINGS, SPACING, Kind
from echoshift.validation import Finite, Strict

Positive = Annotated[float, Field(ge=1e-5, allow_inf_nan=False)]


SettingName = Literal[tuple(SETTINGS)]


class Bounds(Strict):
    """Bounds of one searched setting; what is left out is the setting's own."""

    min: Finite | None = Field(None, description="lower bound, in the setting's unit")
    max: Finite | None = Field(None, description="upper bound, in the setting's unit")


class Moves(Bounds):
    """Bounds, probe distance and rate of one setting that the sign descent moves."""

    step: Positive | None = Field(
        None,
        description="distance of a central difference's probes; whole numbers: at least to the next",
    )
    rate: Positive | None = Field(
        None, description="how far one iteration moves it; whole numbers: at least to the next"
    )


def _check_together(names: Iterable[str]) -> None:
    if {"gain", "alpha_l", "alpha_u"} <= set(names):
        raise ValueError("gain, alpha_l and alpha_u not all three (a gain of +g dB is both thresholds moved by -g dB)")


class AttackSettings(Strict):
    """What every attack has."""

    max_queries: int = Field(105, ge=1, description="distinct settings asked at most, the initial one included")

    @field_validator("settings", check_fields=False)
    @classmethod
    def _independent(cls, settings: dict[str, Bounds]) -> dict[str, Bounds]:
        _check_together(settings)
        return settings


class SignDescentSettings(AttackSettings):
    """The paper's attack: the sign of central differences moves all settings at once."""

    method: Literal["sign_descent"]
    settings: dict[SettingName, Moves] = Field(default_factory=lambda: {name: Moves() for name in PAPER}, min_length=1)


class RandomSearchSettings(AttackSettings):
    """The control: settings drawn uniformly from the same box."""

    method: Literal["random_search"]
    seed: int = Field(1, ge=0, description="each frame's draws come from this and the frame's name")
    settings: dict[SettingName, Bounds] = Field(
        default_factory=lambda: {name: Bounds() for name in PAPER}, min_length=1
    )


AnyAttack = Annotated[SignDescentSettings | RandomSearchSettings, Field(discriminator="method")]

METHODS = {
    "sign_descent": "echoshift.attacks.searches.sign_descent",
    "random_search": "echoshift.attacks.searches.random_search",
}
"""The module of each method's `search`: imported by name, so that a job depends on its own method's source alone."""


class Axis(Strict):
    """One searched setting of one frame: where it starts, how far it may go and how it moves."""

    name: str
    kind: Kind = "continuous"
    initial: Finite
    low: Finite
    high: Finite
    step: Positive
    rate: Positive

    @model_validator(mode="after")
    def _moves(self) -> "Axis":
        if min(self.step, self.rate) < SPACING[self.kind]:
            raise ValueError(f"step and rate of at least {SPACING[self.kind]}, to the next {self.kind}")
        return self


class Search(Strict):
    """One frame's attack, complete: what an attack job is given and what it records."""

    method: str
    max_queries: int
    seed: int | None = None
    axes: tuple[Axis, ...]
    fixed: dict[str, Finite] = Field(default_factory=dict, description="the settings that the search leaves alone")

    @field_validator("axes")
    @classmethod
    def _independent(cls, axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
        _check_together(axis.name for axis in axes)
        return axes


def axis(name: str, chosen: Bounds, initial: float, low: float | None, high: float | None) -> Axis:
    """Join a frame's own bounds (if any), the attack's and the setting's, in this order of precedence."""
    setting = SETTINGS[name]

    def first(*values: float | None) -> float:
        return round(next(value for value in values if value is not None), DECIMALS)

    def move(*values: float | None) -> float:
        spacing = SPACING[setting.kind]
        return spacing * ceil(first(*values) / spacing) if spacing else first(*values)

    return Axis(
        name=name,
        kind=setting.kind,
        initial=round(initial, DECIMALS),
        low=first(low, chosen.min, setting.low),
        high=first(high, chosen.max, setting.high),
        step=move(getattr(chosen, "step", None), setting.step),
        rate=move(getattr(chosen, "rate", None), setting.rate),
    )


def default_search(method: str, max_queries: int, initial: Mapping[str, float]) -> Search:
    """A search of the settings' own bounds, from given values of them.

    Parameters
    ----------
    method : str
        One of `METHODS`; a random one draws with seed 1.
    max_queries : int
    initial : mapping
        By name, in the setting's unit.

    Raises
    ------
    EchoShiftError
        If a value lies outside the setting's bounds.
    """
    for name, value in initial.items():
        setting = SETTINGS[name]
        if not setting.low <= value <= setting.high:
            raise EchoShiftError(
                f"{name}: found {value:g}, expected {setting.low:g} to {setting.high:g} {setting.unit}, the box that is searched"
            )
    axes = tuple(axis(name, Bounds(), value, None, None) for name, value in initial.items())
    return Search(method=method, max_queries=max_queries, seed=1 if method == "random_search" else None, axes=axes)
