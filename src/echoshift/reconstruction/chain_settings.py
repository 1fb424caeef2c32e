"""The settings of the chain, complete and checked."""

from collections.abc import Mapping

from echoshift.errors import EchoShiftError
from echoshift.settings import PAPER, SETTINGS, complaint

NEUTRAL = {name: setting.initial for name, setting in SETTINGS.items() if name not in PAPER}

NARROWEST_WINDOW = 1e-3
"""Decibels from black to white at least: far below one level of any picture, far above float32's steps."""


def complete(settings: Mapping[str, float]) -> dict[str, float]:
    """All settings of the chain: what is left out is neutral; the paper's three must be there.

    Raises
    ------
    EchoShiftError
        One line, if one is missing, unknown, or cannot have its value.
    """
    missing = [name for name in PAPER if name not in settings]
    unknown = [name for name in settings if name not in SETTINGS]
    if missing or unknown:
        raise EchoShiftError(
            f"settings: found {', '.join(settings) or 'none'}, expected {', '.join(PAPER)} and any of {', '.join(NEUTRAL)}"
        )
    values = {**NEUTRAL, **{name: float(value) for name, value in settings.items()}}
    for name, value in values.items():
        if expected := complaint(name, value):
            raise EchoShiftError(f"settings: found {name} {value:g}, expected {expected}")
    if values["alpha_u"] - values["alpha_l"] < NARROWEST_WINDOW:
        raise EchoShiftError(
            f"settings: found alpha_l {values['alpha_l']:g} and alpha_u {values['alpha_u']:g} dB, "
            f"expected alpha_l below alpha_u by at least {NARROWEST_WINDOW:g}"
        )
    return values
