"""Text for numbers, shared by the terminal and the figures."""

from collections.abc import Mapping
from typing import Any


def percent(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """A fraction in percent with its interval, such as `33 % [18, 53]`."""
    if value is None:
        return "undefined"
    return f"{100 * value:.0f} %" + (f" [{100 * low:.0f}, {100 * high:.0f}]" if low is not None else "")


def number(record: Mapping[str, Any], name: str) -> str:
    """A number of a record with its interval (`NAME_low`, `NAME_high`), such as `0.84 [0.66, 0.94]`."""
    value, low, high = (record[key] for key in (name, f"{name}_low", f"{name}_high"))
    if value is None:
        return "undefined"
    return f"{value:.2f}" + (f" [{low:.2f}, {high:.2f}]" if low is not None else "")


def attack_name(record: Mapping[str, Any]) -> str:
    """Name of an attack, with its target if it has one."""
    return f"{record['attack']} (to {record['target']})" if record["target"] else record["attack"]
