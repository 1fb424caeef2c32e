"""Share of flipped frames over the number of queries."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from echoshift.classifiers.protocols import PROTOCOLS
from echoshift.figures.style import CHANGED, LINE_COLOURS, UNLABELLED, new_figure, nothing_words
from echoshift.summary.phrases import attack_name, percent


def success_figure(records: Sequence[Mapping[str, Any]], table: Sequence[Mapping[str, str]]) -> Figure:
    """Draw one panel per classifier and one line per attack.

    Parameters
    ----------
    records : sequence of mappings
        `summary.json`.
    table : sequence of rows
        `success_over_queries.csv`.
    """
    classifiers = list(dict.fromkeys(record["classifier"] for record in records))
    title = f"Success over queries, {records[0]['cohort']}"
    figure = new_figure(6.2 * len(classifiers), 6.4, title)
    panels = figure.subplots(1, len(classifiers), squeeze=False, sharey=True)[0]
    for axes, classifier in zip(panels, classifiers, strict=True):
        own = [record for record in records if record["classifier"] == classifier and not record["on_request"]]
        for i, record in enumerate(own):
            rows = [row for row in table if (row["classifier"], row["attack"]) == (classifier, record["attack"])]
            if not rows:  # its queries do not tell what the flips cost
                continue
            colour = LINE_COLOURS[i % len(LINE_COLOURS)]
            if record["n_correct"]:
                _draw(axes, record, rows, colour)
            if any(record["unlabelled_outcomes"].values()):
                _draw_unlabelled(axes, record, rows, colour)
        # Attacks with different targets attack different frames: then their range.
        n_labelled, n_unlabelled = (
            [record["n_correct"] for record in own], [sum(record["unlabelled_outcomes"].values()) for record in own]
        )  # fmt: skip
        n = [sum(pair) for pair in zip(n_labelled, n_unlabelled, strict=True)]
        words = f"{_range(n)} of {own[0]['n_frames']} frames attacked"
        if any(n_unlabelled):
            words += f", {_range(n_unlabelled)} of them {UNLABELLED}"
        axes.set_title(f"{classifier}: {PROTOCOLS[own[0]['protocol']].words}\n{words}", fontsize=10)
        axes.set_xlabel("queries (distinct settings asked, the initial one included)")
        axes.set_ylim(0, 1)
        if any(n):
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), fontsize=9, frameon=False)
        else:
            axes.text(0.5, 0.5, nothing_words(records, classifier), ha="center", transform=axes.transAxes)
    panels[0].set_ylabel("share of attacked frames that flipped")
    return figure


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"


def _draw(axes: Any, record: Mapping[str, Any], rows: Sequence[Mapping[str, str]], colour: str) -> None:
    queries = [int(row["queries"]) for row in rows]
    rate, low, high = ([float(row[f"success_{end}"]) for row in rows] for end in ("rate", "low", "high"))
    label = f"{attack_name(record)}: {percent(record['success_rate'], record['success_low'], record['success_high'])}"
    axes.step(queries, rate, where="post", color=colour, linewidth=2, label=label)
    axes.fill_between(queries, low, high, step="post", color=colour, alpha=0.13, linewidth=0)
    anything = [int(row["n_any_misclassified"]) / record["n_correct"] for row in rows]
    if anything != rate and record["method"] == "sign_descent":
        probes = "probes" if record["target"] else "misclassified probes"
        words = f"{attack_name(record)}, if {probes} counted: {percent(anything[-1])}"
        axes.step(queries, anything, where="post", color=colour, linewidth=1, linestyle=":", label=words)
    for found in record["comparisons"]:
        share = found["at_own_queries"]["n_flipped_control"] / found["n_frames"]
        words = f"{found['control']}, given each frame's queries of {record['attack']}: {percent(share)}"
        axes.plot(record["median_queries"], share, "D", color=colour, markeredgecolor="0.2", markersize=7, label=words)


def _draw_unlabelled(axes: Any, record: Mapping[str, Any], rows: Sequence[Mapping[str, str]], colour: str) -> None:
    """Draw the share of unlabelled frames whose answer changed, separately from the labelled ones."""
    n_attacked = sum(record["unlabelled_outcomes"].values())
    share = [int(row["n_unlabelled_changed"]) / n_attacked for row in rows]
    words = f"{attack_name(record)}, {UNLABELLED}, {CHANGED}: {percent(share[-1])}"
    axes.step([int(row["queries"]) for row in rows], share, where="post", color=colour, linestyle="-.", label=words)
