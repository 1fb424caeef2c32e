"""Success rate of an attack: the share of attacked frames that flipped, in total and over the number of queries."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from echoshift.statistics.intervals import wilson_interval

Row = Mapping[str, Any]
"""One classifier, attack and frame: see `echoshift.summary.frames_table`."""

UNCONFIRMED = "unconfirmed"
"""Outcome of an attack that ended with a flip that the second predictor denies. It counts as no flip."""
OUTCOMES = ("flipped", "at_bounds", "stalled", "exhausted", UNCONFIRMED)
"""How an attack can end."""
UNREACHABLE = "unreachable"
"""Outcome of a correctly classified or unlabelled frame whose classifier reads the recording: no setting reaches it. It was
asked about once, is robust if it is correct, and is in no success rate."""
NOT_RUN = "not_run"
"""Outcome of a frame that an attack on request has not attacked yet, or only with an earlier model or search."""
NOT_ATTACKED = "not_attacked"
"""Outcome of a frame that was misclassified at the initial settings."""
OF_TARGET = "of_target"
"""Outcome of a correctly classified or unlabelled frame whose answer is the attack's target: it is not attacked."""
KNOWN = "known_patient"
"""Outcome of a frame of a patient that the model was trained on elsewhere. It counts in no number."""

SUCCESS_COLUMNS = (
    "classifier", "protocol", "attack", "queries", "n_correct", "n_flipped", "success_rate", "success_low",
    "success_high", "n_any_misclassified", "n_unlabelled_changed",
)  # fmt: skip


def counted(rows: Sequence[Row]) -> list[Row]:
    """The rows without those of known patients."""
    return [row for row in rows if row["outcome"] != KNOWN]


def attacked(rows: Sequence[Row]) -> list[Row]:
    """The rows of frames that were attacked."""
    return [row for row in rows if row["outcome"] in OUTCOMES]


def labelled_rows(rows: Sequence[Row]) -> list[Row]:
    """The rows of labelled frames; the others cannot be right or wrong."""
    return [row for row in rows if row["label"] is not None]


def flipped_within(row: Row, queries: float) -> bool:
    """Whether the attack succeeded with at most `queries` queries; its last query is the flip."""
    return row["outcome"] == "flipped" and row["queries"] <= queries


def first_misclassified(row: Row) -> int | None:
    """The first query with a flip, also beside the path. None if there is none, or if the second predictor denied it."""
    return None if row["outcome"] == UNCONFIRMED else row["first_misclassified_query"]


def success_rate(tried: Sequence[Row], queries: float = inf) -> dict[str, float | None]:
    """Share of the attacked frames that flipped within `queries` queries, with its Wilson interval.

    Parameters
    ----------
    tried : sequence of rows
        Labelled frames that were attacked.
    queries : int, optional
        Unlimited by default.

    Returns
    -------
    dict
        `n_correct`, `n_flipped`, `success_rate`, `success_low`, `success_high`; the last three are None without frames.
    """
    n_flipped = sum(flipped_within(row, queries) for row in tried)
    low, high = wilson_interval(n_flipped, len(tried)) or (None, None)
    return {
        "n_correct": len(tried),
        "n_flipped": n_flipped,
        "success_rate": n_flipped / len(tried) if tried else None,
        "success_low": low,
        "success_high": high,
    }


def success_over_queries(rows: Sequence[Row], max_queries: int) -> list[dict[str, Any]]:
    """Count one attack's labelled frames that flipped within 1, 2, ... `max_queries` queries.

    `n_any_misclassified` counts frames with any misclassified image so far, including the probes of a sign descent: the
    number of successes if probes counted. `n_unlabelled_changed` counts the unlabelled frames whose answer changed.
    """
    rows = counted(rows)
    tried = attacked(labelled_rows(rows))
    unlabelled = [row for row in rows if row["label"] is None]
    run = {key: rows[0][key] for key in ("classifier", "protocol", "attack")}
    table = []
    for queries in range(1, max_queries + 1):
        firsts = (first_misclassified(row) for row in tried)
        table.append(
            {
                **run,
                "queries": queries,
                **success_rate(tried, queries),
                "n_any_misclassified": sum(first is not None and first <= queries for first in firsts),
                "n_unlabelled_changed": sum(flipped_within(row, queries) for row in unlabelled),
            }
        )
    return table
