"""Accidental changes: accuracy, AUC and flips of the cohort, and how often the answer of each frame changes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from echoshift.accidental.words import percent_words, spread_words
from echoshift.classifiers.protocols import PROTOCOLS
from echoshift.figures.style import LINE_COLOURS, new_figure
from echoshift.records.provenance import provenance
from echoshift.storage.files import sha256_of_file
from echoshift.summary.accidental_results import FRAMES, SUMMARY

COHORT = {"accuracy": "accuracy", "auc": "AUC", "ever_flipped": "correct frames that any draw flips"}
MOST_NAMED = 40
"""Up to so many frames are named."""
RIGHT, WRONG = LINE_COLOURS[0], LINE_COLOURS[4]
"""Colours of frames by their initial answer; one without a label is taken as right."""


def figure_record(results: Path) -> Mapping[str, Any]:
    """The record stored in the figure: digests of both tables, by path relative to `results`."""
    files = [f"accidental/{name}" for name in (FRAMES, SUMMARY)]
    return provenance(
        inputs={"files": {name: sha256_of_file(results / name) for name in files}}, packages=("matplotlib", "numpy")
    )


def accidental_figure(summary: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> Figure:
    """Draw one line of panels per classifier: the cohort over the spreads, then the frames of each spread.

    Parameters
    ----------
    summary : mapping
        `accidental/summary.json`.
    rows : sequence of rows
        `accidental/frames.csv`.
    """
    results = summary["results"]
    classifiers = list(dict.fromkeys(record["classifier"] for record in results))
    n_spreads = len(results) // len(classifiers)
    n_frames = max(record["n_frames"] for record in results)
    height = min(max(4.8, 1.8 + 0.17 * n_frames), 8.5)
    title = f"Accidental changes of the settings, {summary['cohort']}"
    figure = new_figure(5.2 + 3.4 * n_spreads, height * len(classifiers), title)
    parts = figure.subfigures(len(classifiers), 1, squeeze=False)[:, 0]
    for part, classifier in zip(parts, classifiers, strict=True):
        own = [record for record in results if record["classifier"] == classifier]
        part.suptitle(f"{classifier}: {PROTOCOLS[own[0]['protocol']].words}", fontsize=10)
        widths = [4.4 / 3.4, *[1] * n_spreads]
        cohort, *panels = part.subplots(1, 1 + n_spreads, squeeze=False, width_ratios=widths)[0]
        _draw_cohort(cohort, own)
        of_classifier = [row for row in rows if row["classifier"] == classifier and row["known"] != "1"]
        order = _order(of_classifier)
        for axes, record in zip(panels, own, strict=True):
            frames = {row["frame_id"]: row for row in of_classifier if row["spread"] == record["spread"]}
            _draw_frames(axes, record, [frames[name] for name in order])
        panels[0].set_ylabel("frame")
        panels[0].legend(
            handles=_meanings(), loc="upper center", bbox_to_anchor=(0.5, -0.14), fontsize=8, frameon=False
        )
    return figure


def _draw_cohort(axes: Axes, records: Sequence[Mapping[str, Any]]) -> None:
    """Numbers of the cohort at the initial settings and under each spread, with their intervals by patient."""
    places = ["none", *(_short(record) for record in records)]
    for i, (name, words) in enumerate(COHORT.items()):
        points = [(at, record, name) for at, record in enumerate(records, start=1)]
        if name != "ever_flipped":
            points.insert(0, (0, records[0], f"initial_{name}"))
        points = [(at, record, key) for at, record, key in points if record[key] is not None]
        colour, shift = LINE_COLOURS[i], 0.09 * (i - 1)
        at, values = [at + shift for at, *_ in points], [record[key] for _, record, key in points]
        axes.plot(at, values, color=colour, marker="o", markersize=5, linewidth=1, label=words)
        for x, (_, record, key) in zip(at, points, strict=True):
            if record[f"{key}_low"] is not None:
                axes.vlines(x, record[f"{key}_low"], record[f"{key}_high"], color=colour, linewidth=2, alpha=0.5)
    axes.set_xlim(-0.4, len(places) - 0.6)
    axes.set_xticks(range(len(places)), places)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel("accidental change")
    axes.set_ylabel("mean over the draws; share of frames")
    axes.set_title("cohort, 95 % by patient", fontsize=9)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), fontsize=8, frameon=False)


def _draw_frames(axes: Axes, record: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> None:
    """Each frame's probability of a change. One without any change has an arrow at its one-sided limit."""
    for at, row in enumerate(rows):
        probability, low, high = (float(row[key]) for key in ("probability", "low", "high"))
        colour = RIGHT if row["label"] in ("", row["initial_answer"]) else WRONG
        axes.hlines(at, low, high, color=colour, linewidth=2, alpha=0.5)
        if int(row["changed"]):
            axes.plot(probability, at, "o", color=colour, markersize=3.5)
        else:
            axes.plot(high, at, "<", color=colour, markersize=3.5, fillstyle="none")
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    if len(rows) <= MOST_NAMED:
        axes.set_yticks(range(len(rows)), [row["frame_id"] for row in rows], fontsize=6)
    mean = percent_words(*(record[f"probability{end}"] for end in ("", "_low", "_high")))
    axes.set_title(f"{_wrapped(record)}\nmean {mean}", fontsize=9)
    axes.set_xlabel("probability of another answer")


def _meanings() -> list[Line2D]:
    """Entries of the legend of the frames."""
    return [
        Line2D([], [], color=RIGHT, marker="o", markersize=3.5, label="classified correctly at first (or unlabelled)"),
        Line2D([], [], color=WRONG, marker="o", markersize=3.5, label="misclassified at first"),
        Line2D(
            [], [], color="0.4", marker="<", markersize=3.5, fillstyle="none", linestyle="",
            label="no draw changed it: one-sided 95 % limit",
        ),
    ]  # fmt: skip


def _order(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Frames by their mean probability of a change over the spreads, highest first, then by name."""
    total: dict[str, float] = {}
    for row in rows:
        total[row["frame_id"]] = total.get(row["frame_id"], 0.0) + float(row["probability"])
    return sorted(total, key=lambda name: (-total[name], name))


def _short(record: Mapping[str, Any]) -> str:
    share = record["distribution"].get("uniform")
    return record["spread"] if share is None else f"{record['spread']}\n{100 * share:g} %"


def _wrapped(record: Mapping[str, Any]) -> str:
    return spread_words(record["distribution"]).replace("normal, ", "normal,\n")
