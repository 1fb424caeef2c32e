"""What every attack's entry in a study's configuration has, checked; and the box that one frame's attack searches.

Does not import NumPy: the workflow is planned with it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from importlib import import_module
from math import ceil
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, field_validator, model_validator

from echoshift.attacks.searches import SEARCHES
from echoshift.errors import EchoShiftError
from echoshift.settings import DECIMALS, SETTINGS, SPACING, Kind
from echoshift.validation import Finite, Strict

Positive = Annotated[float, Field(ge=1e-5, allow_inf_nan=False)]


SettingName = Literal[tuple(SETTINGS)]


class Bounds(Strict):
    """Bounds of one searched setting; what is left out is the setting's own."""

    min: Finite | None = Field(None, description="lower bound, in the setting's unit")
    max: Finite | None = Field(None, description="upper bound, in the setting's unit")


class Moves(Bounds):
    """Bounds, probe distance and rate of one setting that a search moves step by step."""

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
    """What every attack has; a search's own settings class adds its `method`, its `settings` and its options."""

    max_queries: int = Field(105, ge=1, description="distinct settings asked at most, the initial one included")

    @field_validator("settings", check_fields=False)
    @classmethod
    def _independent(cls, settings: dict[str, Bounds]) -> dict[str, Bounds]:
        _check_together(settings)
        return settings

    def seed_of(self, frame: str | None) -> int | None:
        """Seed of one frame's draws; None for a search that draws nothing."""
        return None

    def options(self) -> dict[str, Any]:
        """What this method has that others have not, as JSON values."""
        common = {*AttackSettings.model_fields, "method", "settings", "seed"}
        return self.model_dump(mode="json", exclude=common)

    def search(
        self,
        initial: Mapping[str, float],
        low: Mapping[str, float] | None = None,
        high: Mapping[str, float] | None = None,
        frame: str | None = None,
    ) -> "Search":
        """One frame's attack, complete.

        Parameters
        ----------
        initial : mapping
            The frame's settings by name, in each setting's unit; one that is searched and left out starts neutral.
        low, high : mapping, optional
            Bounds of the frame's own, which come before the attack's.
        frame : str, optional
            The frame's id; without it a seed is taken as it is.
        """
        low, high = low or {}, high or {}
        moved = {name: initial.get(name, one.initial) for name, one in SETTINGS.items() if name in self.settings}
        return Search(
            method=self.method,
            max_queries=self.max_queries,
            seed=self.seed_of(frame),
            axes=tuple(
                axis(name, self.settings[name], start, low.get(name), high.get(name)) for name, start in moved.items()
            ),
            fixed={name: value for name, value in initial.items() if name not in moved},
            options=self.options(),
        )


class SeededAttack(AttackSettings):
    """An attack that draws at random."""

    seed: int = Field(1, ge=0, description="each frame's draws come from this and the frame's name")

    def seed_of(self, frame: str | None) -> int:
        """A seed of the frame's own, so that its draws do not depend on which other frames there are."""
        if frame is None:
            return self.seed
        return int.from_bytes(hashlib.sha256(f"{self.seed}/{frame}".encode()).digest()[:6], "big")


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
    options: dict[str, JsonValue] = Field(
        default_factory=dict, exclude_if=lambda options: not options, description="what its method alone has"
    )

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
        One of `SEARCHES`, with its default options.
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
    settings = {name: {} for name in initial}
    entry = import_module(SEARCHES[method]).Settings(method=method, max_queries=max_queries, settings=settings)
    return entry.search(initial)
