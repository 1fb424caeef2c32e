"""Comparison of an attack with the control on the same frames."""

from collections.abc import Sequence
from typing import Any

from echoshift.statistics.mcnemar import mcnemar
from echoshift.statistics.success_rate import Row, attacked, flipped_within

SIGNIFICANT = 0.05
"""Significance level of the paired comparison, two-sided."""


def compare(rows: Sequence[Row], control: Sequence[Row]) -> dict[str, Any] | None:
    """Compare an attack with the control on the same frames, at equal queries per frame and with full budgets.

    Parameters
    ----------
    rows, control : sequence of rows
        Rows of one classifier. Frames that only one of them attacked do not count.

    Returns
    -------
    dict or None
        `at_own_queries`: on each frame, the control gets as many queries as the attack used.
        `at_full_budget`: both get their full budget. Each has `n_flipped`, `n_flipped_control`, the discordant counts
        and the two-sided p-value of McNemar's exact test. `verdict` (`better`, `no_difference`, `worse`) refers to
        `at_own_queries`. None if nothing was attacked.
    """
    other = {row["frame_id"]: row for row in attacked(control)}
    pairs = [(row, other[row["frame_id"]]) for row in attacked(rows) if row["frame_id"] in other]
    if not pairs:
        return None
    flips = [row["outcome"] == "flipped" for row, _ in pairs]
    own = _paired(flips, [flipped_within(control_row, row["queries"]) for row, control_row in pairs])
    full = _paired(flips, [control_row["outcome"] == "flipped" for _, control_row in pairs])
    verdict = "better" if own["only_attack"] > own["only_control"] else "worse"
    return {
        "control": control[0]["attack"],
        "test": "McNemar, exact, two-sided",
        "n_frames": len(pairs),
        "at_own_queries": own,
        "at_full_budget": full,
        "verdict": verdict if own["p_value"] < SIGNIFICANT else "no_difference",
    }


def _paired(flips: Sequence[bool], control_flips: Sequence[bool]) -> dict[str, Any]:
    both = list(zip(flips, control_flips, strict=True))
    only_attack, only_control = both.count((True, False)), both.count((False, True))
    return {
        "n_flipped": sum(flips),
        "n_flipped_control": sum(control_flips),
        "only_attack": only_attack,
        "only_control": only_control,
        "p_value": mcnemar(only_attack, only_control),
    }
