"""Accidental changes in words."""

from collections.abc import Mapping
from typing import Any

from echoshift.settings import SETTINGS


def spread_words(distribution: Mapping[str, Any]) -> str:
    """A spread in words, such as `up to 25 % of the way to the bounds`."""
    if share := distribution.get("uniform"):
        return f"up to {100 * share:g} % of the way to the bounds"
    named = ((SETTINGS[name], deviation) for name, deviation in distribution["normal"].items())
    return "normal, " + ", ".join(f"{one.symbol} ± {deviation:g} {one.unit}".rstrip() for one, deviation in named)


def percent_words(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """A small probability in percent with its interval, such as `3.1 % [1.2, 5.0]`."""
    if value is None:
        return "undefined"
    return f"{100 * value:.1f} %" + (f" [{100 * low:.1f}, {100 * high:.1f}]" if low is not None else "")


def accidental_words(record: Mapping[str, Any]) -> str:
    """One line about one entry of `results` in `accidental/summary.json`: one classifier and one spread."""
    probability = percent_words(*(record[f"probability{end}"] for end in ("", "_low", "_high")))
    flipped = f"{record['n_ever_flipped']} of {record['n_correct']} correct frames ever flipped"
    never = (
        f"{record['n_never_changed']} of {record['n_frames']} frames never changed in {record['n_draws']} draws: at most "
        f"{100 * record['never_changed_limit']:.1f} % each (one-sided)"
    )
    return (
        f"Accidental change ({spread_words(record['distribution'])}) of {record['classifier']}: the answer changes with "
        f"probability {probability} (by patient); {flipped}; {never}"
    )
