"""How the attacks ended."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from echoshift.classifiers.protocols import PROTOCOLS
from echoshift.figures.style import CHANGED, OUTCOME_COLOURS, OUTCOME_WORDS, UNLABELLED, new_figure

RARE = ("unconfirmed", "of_target", "unreachable", "not_run")
"""Not in the legend if there are none."""


def outcomes_figure(records: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw one bar per record of `summary.json`, plus one for its unlabelled frames if it has any."""
    bars = [bar for record in records for bar in _bars(record)]
    figure = new_figure(11, 1.9 + 0.75 * len(bars), f"How every frame ended, {records[0]['cohort']}")
    axes = figure.add_subplot()
    ends = np.zeros(len(bars), dtype=int)
    for outcome, colour in OUTCOME_COLOURS.items():
        counts = [of_bar[outcome] for _, of_bar in bars]
        if outcome in RARE and not any(counts):
            continue
        drawn = axes.barh(range(len(bars)), counts, left=ends, color=colour, label=OUTCOME_WORDS[outcome], height=0.62)
        ends = ends + counts
        axes.bar_label(drawn, [str(count) if count else "" for count in counts], label_type="center", fontsize=10)
    axes.set_yticks(range(len(bars)), [name for name, _ in bars], fontsize=9)
    axes.invert_yaxis()
    axes.set_xlabel("frames")
    figure.legend(loc="outside lower center", ncols=3, fontsize=9)
    return figure


def _bars(record: Mapping[str, Any]) -> list[tuple[str, dict[str, int]]]:
    """Name and outcome counts of each bar: labelled frames first, then unlabelled ones."""
    name, words = f"{record['classifier']}, {record['attack']}", PROTOCOLS[record["protocol"]].words
    n_labelled = record["n_frames"] - record["n_unlabelled"]
    bars = []
    if n_labelled:
        n_of_target = record["n_of_target"]
        n_unreachable = record.get("n_unreachable", 0)
        not_attacked = n_labelled - record["n_correct"] - n_of_target - record["n_not_run"] - n_unreachable
        counts = {
            **record["outcomes"], "not_attacked": not_attacked, "of_target": n_of_target,
            "unreachable": n_unreachable, "not_run": record["n_not_run"],
        }  # fmt: skip
        bars.append((f"{name}\n{words}", counts))
    if record["n_unlabelled"]:
        n_not_run = record["n_unlabelled_not_run"]
        n_unreachable = record.get("n_unlabelled_unreachable", 0)
        n_of_target = record["n_unlabelled"] - sum(record["unlabelled_outcomes"].values()) - n_not_run - n_unreachable
        counts = {
            **record["unlabelled_outcomes"], "not_attacked": 0, "of_target": n_of_target,
            "unreachable": n_unreachable, "not_run": n_not_run,
        }  # fmt: skip
        bars.append((f"{name}, {UNLABELLED}\n(flipped: {CHANGED})", counts))
    return bars
