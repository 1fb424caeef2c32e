"""The table of image settings, as Markdown."""

from math import isfinite

from echoshift.settings import SETTINGS, Setting

COLUMNS = ("setting", "symbol", "unit", "what it is", "initial", "bounds", "probe", "step", "limits")


def reference() -> str:
    """One row for each setting, in the order of the code."""
    rows = [COLUMNS, ["---"] * len(COLUMNS), *map(_row, SETTINGS.values())]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(one: Setting) -> tuple[str, ...]:
    what = one.long_name if one.kind == "continuous" else f"{one.long_name}; {one.kind}"
    limits = f"{one.least:g} to {one.most:g}" if isfinite(one.most) else "none"
    bounds = f"{one.low:g} to {one.high:g}"
    return (
        f"[`{one.name}`]{{#setting-{one.name}}}",
        one.symbol,
        one.unit,
        what,
        f"{one.initial:g}",
        bounds,
        f"{one.step:g}",
        f"{one.rate:g}",
        limits,
    )
