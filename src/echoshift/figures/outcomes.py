"""How the attacks ended."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from echoshift.figures.style import OUTCOME_COLOURS, OUTCOME_WORDS, new_figure
from echoshift.protocols import PROTOCOLS
from echoshift.summary.wording import cohort_word


def outcomes_figure(records: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw one bar for each record of `summary.json`."""
    figure = new_figure(11, 1.9 + 0.75 * len(records), f"How every frame ended, {cohort_word(records[0]['simulated'])}")
    axes = figure.add_subplot()
    for outcome, colour in OUTCOME_COLOURS.items():
        counts, starts = [], []
        for record in records:
            all_counts = {**record["outcomes"], "not_attacked": record["n_frames"] - record["n_correct"]}
            before = list(all_counts)[: list(all_counts).index(outcome)]
            counts.append(all_counts[outcome])
            starts.append(sum(all_counts[name] for name in before))
        bars = axes.barh(
            range(len(records)), counts, left=starts, color=colour, label=OUTCOME_WORDS[outcome], height=0.62
        )
        axes.bar_label(bars, [str(count) if count else "" for count in counts], label_type="center", fontsize=10)
    names = [f"{record['classifier']}, {record['attack']}\n{PROTOCOLS[record['protocol']].words}" for record in records]
    axes.set_yticks(range(len(records)), names, fontsize=9)
    axes.invert_yaxis()
    axes.set_xlabel("frames")
    figure.legend(loc="outside lower center", ncols=3, fontsize=9)
    return figure
