"""The box that is searched on one frame: its axes, and the bounds of a configuration that they are made from.

Does not import NumPy, because planning the workflow imports this module.
"""

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Annotated

from pydantic import Field, model_validator

from echoshift.settings import DECIMALS, PAPER, SETTINGS, SPACING, Bounds, Kind
from echoshift.validation import Finite, Strict

Positive = Annotated[float, Field(ge=1e-5, allow_inf_nan=False)]


class Moves(Bounds):
    """Bounds, probe distance and rate of one setting that a search moves step by step."""

    step: Positive | None = Field(
        None, description="probe distance of the central difference; integers: at least to the next allowed value"
    )
    rate: Positive | None = Field(
        None, description="distance moved per iteration; integers: at least to the next allowed value"
    )


RELATIVE = Field(
    None,
    description="whether bounds are offsets from the initial values; default: those of beta, alpha_l and alpha_u on B-mode "
    "pictures, as their recorded values differ",
)


def check_together(names: Iterable[str]) -> None:
    """Refuse settings that do the same to a picture, with a ValueError for a model's validator."""
    if {"gain", "alpha_l", "alpha_u"} <= set(names):
        raise ValueError("at most two of gain, alpha_l and alpha_u (a gain of +g dB moves both thresholds by -g dB)")


class Axis(Strict):
    """One searched setting of one frame: its start, bounds, probe distance and rate."""

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


WIDTH_KEPT = 1 / 3
"""Share of the initial window that offsets of the thresholds leave between them."""


def axes_of(
    settings: Mapping[str, Bounds],
    initial: Mapping[str, float],
    low: Mapping[str, float],
    high: Mapping[str, float],
    relative: bool | None = None,
    from_picture: bool = False,
) -> tuple[Axis, ...]:
    """Searched settings of one frame, in the order of `SETTINGS`.

    Parameters
    ----------
    settings : mapping
        Bounds of the searched settings.
    initial : mapping
        The frame's settings. A searched one that is missing starts neutral.
    low, high : mapping
        The frame's own bounds. They override the others.
    relative : bool or None
        Whether the bounds are offsets from the initial values. They are cut to what a setting allows, and so that
        `alpha_l` stays below `alpha_u`. None: those of the paper's settings are, on a picture.
    from_picture : bool
    """
    starts = {name: initial.get(name, one.initial) for name, one in SETTINGS.items() if name in settings}
    by_offset = set(settings) if relative else set(PAPER) if relative is None and from_picture else set()
    chosen = {
        name: _from_offsets(name, settings[name], start, initial) if name in by_offset else settings[name]
        for name, start in starts.items()
    }
    return tuple(axis(name, chosen[name], start, low.get(name), high.get(name)) for name, start in starts.items())


def _from_offsets(name: str, offsets: Bounds, start: float, initial: Mapping[str, float]) -> Bounds:
    """Bounds from offsets; omitted ones are those of the setting's default bounds from its default value."""
    setting = SETTINGS[name]
    least, most = setting.least, setting.most
    if {"alpha_l", "alpha_u"} <= set(initial):
        cut = (initial["alpha_u"] - initial["alpha_l"]) * (1 - WIDTH_KEPT) / 2
        most = initial["alpha_l"] + cut if name == "alpha_l" else most
        least = initial["alpha_u"] - cut if name == "alpha_u" else least
    down = setting.low - setting.initial if offsets.min is None else offsets.min
    up = setting.high - setting.initial if offsets.max is None else offsets.max
    return offsets.model_copy(update={"min": max(least, start + down), "max": min(most, start + up)})


def axis(name: str, chosen: Bounds, initial: float, low: float | None = None, high: float | None = None) -> Axis:
    """Combine the bounds of the frame (if any), the attack and the setting, in this order of precedence."""
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
