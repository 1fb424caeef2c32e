"""Success over queries, and an attack against the control on the same frames."""

from collections.abc import Mapping, Sequence
from typing import Any

from echoshift.intervals import wilson_interval
from echoshift.summary.rows import NOT_ATTACKED

Row = Mapping[str, Any]

SUCCESS_COLUMNS = (
    "classifier",
    "protocol",
    "attack",
    "queries",
    "n_correct",
    "n_flipped",
    "success_rate",
    "success_low",
    "success_high",
    "n_any_misclassified",
    "n_unlabelled_changed",
)
SIGNIFICANT = 0.05
"""Two-sided probability of the paired comparison below which a difference is called one."""


def attacked(rows: Sequence[Row]) -> list[Row]:
    """The rows of frames that were attacked."""
    return [row for row in rows if row["outcome"] != NOT_ATTACKED]


def labelled_rows(rows: Sequence[Row]) -> list[Row]:
    """The rows of frames of which the truth is known: the others cannot be right or wrong."""
    return [row for row in rows if row["label"] is not None]


def flipped_within(row: Row, queries: int) -> bool:
    """Whether the attack succeeded with at most so many queries; its last query is the flip."""
    return row["outcome"] == "flipped" and row["queries"] <= queries


def success_over_queries(rows: Sequence[Row], max_queries: int) -> list[dict[str, Any]]:
    """How many of one attack's labelled frames have flipped after 1, 2, ... `max_queries` queries.

    `n_any_misclassified` counts frames of which any image asked so far was misclassified, a sign descent's probes
    included: what the queries would have yielded had probes counted as success. `n_unlabelled_changed` counts the
    unlabelled frames whose answer has changed.
    """
    tried = attacked(labelled_rows(rows))
    unlabelled = [row for row in rows if row["label"] is None]
    table = []
    for queries in range(1, max_queries + 1):
        n_flipped = sum(flipped_within(row, queries) for row in tried)
        low, high = wilson_interval(n_flipped, len(tried)) or (None, None)
        firsts = (row["first_misclassified_query"] for row in tried)
        table.append(
            {
                **{key: rows[0][key] for key in ("classifier", "protocol", "attack")},
                "queries": queries,
                "n_correct": len(tried),
                "n_flipped": n_flipped,
                "success_rate": n_flipped / len(tried) if tried else None,
                "success_low": low,
                "success_high": high,
                "n_any_misclassified": sum(first is not None and first <= queries for first in firsts),
                "n_unlabelled_changed": sum(flipped_within(row, queries) for row in unlabelled),
            }
        )
    return table


def compare(rows: Sequence[Row], control: Sequence[Row]) -> dict[str, Any] | None:
    """An attack and the control on the same frames, at each frame's own number of queries and with the full budgets.

    Parameters
    ----------
    rows, control : sequence of rows
        Of one classifier; the same frames are attacked in both.

    Returns
    -------
    dict or None
        `at_own_queries`: the control may ask, for each frame, as many queries as the attack used there.
        `at_full_budget`: both as they ended. Each with `n_flipped`, `n_flipped_control`, the discordant counts and the
        two-sided p of McNemar's exact test. `verdict` (`better`, `no_difference`, `worse`) is of `at_own_queries`.
        None if nothing was attacked.
    """
    other = {row["frame_id"]: row for row in attacked(control)}
    pairs = [(row, other[row["frame_id"]]) for row in attacked(rows)]
    if not pairs:
        return None
    flips = [row["outcome"] == "flipped" for row, _ in pairs]
    own = _paired(flips, [flipped_within(control_row, row["queries"]) for row, control_row in pairs])
    full = _paired(flips, [control_row["outcome"] == "flipped" for _, control_row in pairs])
    return {
        "control": control[0]["attack"],
        "test": "McNemar, exact, two-sided",
        "n_frames": len(pairs),
        "at_own_queries": own,
        "at_full_budget": full,
        "verdict": _verdict(own),
    }


def _paired(flips: Sequence[bool], control_flips: Sequence[bool]) -> dict[str, Any]:
    from scipy.stats import binomtest

    only_attack = sum(one and not other for one, other in zip(flips, control_flips, strict=True))
    only_control = sum(other and not one for one, other in zip(flips, control_flips, strict=True))
    discordant = only_attack + only_control
    return {
        "n_flipped": sum(flips),
        "n_flipped_control": sum(control_flips),
        "only_attack": only_attack,
        "only_control": only_control,
        "p_value": float(binomtest(only_attack, discordant).pvalue) if discordant else 1.0,
    }


def _verdict(paired: Mapping[str, Any]) -> str:
    if paired["p_value"] >= SIGNIFICANT:
        return "no_difference"
    return "better" if paired["only_attack"] > paired["only_control"] else "worse"
