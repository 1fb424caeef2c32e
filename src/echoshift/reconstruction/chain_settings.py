"""Completion and validation of the chain's settings."""

from collections.abc import Mapping

from echoshift.errors import EchoShiftError
from echoshift.settings import PAPER, SETTINGS, complaint

NEUTRAL = {name: setting.initial for name, setting in SETTINGS.items() if name not in PAPER}

NARROWEST_WINDOW = 1e-3
"""Smallest window from black to white, in decibels: far below one grey level, far above float32's resolution."""


def complete(settings: Mapping[str, float]) -> dict[str, float]:
    """Return all settings of the chain. Omitted ones are neutral, except that the paper's three are required.

    Raises
    ------
    EchoShiftError
        One line, if a setting is missing or unknown or its value is not allowed.
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
