"""Reliability of every classifier's probabilities."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from echoshift.classifiers.protocols import PROTOCOLS
from echoshift.figures.style import LINE_COLOURS, new_figure
from echoshift.summary.phrases import number


def reliability_figure(
    records: Sequence[Mapping[str, Any]], points: Mapping[str, Sequence[Mapping[str, str]]]
) -> Figure:
    """Draw one panel per classifier: the share of a class among frames of similar probability.

    Parameters
    ----------
    records : sequence of mappings
        One record of `summary.json` per classifier.
    points : mapping
        Rows of `reliability.csv` by classifier; empty without probabilities or labels. With more than two classes, a curve
        for each.
    """
    figure = new_figure(5.4 * len(records), 6.6, f"Reliability at the initial settings, {records[0]['cohort']}")
    for axes, record in zip(figure.subplots(1, len(records), squeeze=False)[0], records, strict=True):
        curves: dict[str, list[Mapping[str, str]]] = {}
        for row in points[record["classifier"]]:
            curves.setdefault(row.get("class", ""), []).append(row)
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=1, linestyle="--")
        for i, (label, rows) in enumerate(curves.items()):
            colour = LINE_COLOURS[i % len(LINE_COLOURS)]
            given, share, low, high = (
                [float(row[name]) for row in rows] for name in ("mean_probability", "share", "share_low", "share_high")
            )
            words = record["classes"][int(label)] if label else None
            axes.plot(given, share, color=colour, linewidth=1.5, marker="o", clip_on=False, label=words)
            axes.vlines(given, low, high, color=colour, linewidth=1, clip_on=False)
        n_labelled = record["n_frames"] - record["n_unlabelled"]
        if not curves:
            axes.text(0.5, 0.55, "it gives no probabilities" if n_labelled else "no frame has a label", ha="center")
        words = PROTOCOLS[record["protocol"]].words
        axes.set_title(f"{record['classifier']}: {words}\n{n_labelled} frames", fontsize=10)
        which = record["classes"][1] if len(record["classes"]) == 2 else "a class"
        numbers = "\n".join(["", *_lines(record, points[record["classifier"]])])
        axes.set_xlabel(f"probability of {which} (the model's own){numbers}")
        axes.set_ylabel(f"share of {which} among the frames")
        if len(record["classes"]) > 2 and curves:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), fontsize=9, frameon=False)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_aspect("equal")
    return figure


def _lines(record: Mapping[str, Any], points: Sequence[Mapping[str, str]]) -> list[str]:
    """Numbers below a panel: Brier score, and sensitivity and specificity at the cut-off."""
    lines = []
    if record["calibration"]:
        same = record["calibration"]["brier_of_shares"]
        lines.append(f"Brier score {number(record['calibration'], 'brier')}; {same:.2f} for always saying the shares")
    if len(record["classes"]) == 2:
        lines.append(", ".join(f"{name} {number(record, name)}" for name in ("sensitivity", "specificity")))
        found = sorted({one["probability"] for one in record["cutoffs"].values() if one})
        if found:
            lines.append(f"cut-off {' to '.join(dict.fromkeys(f'{value:.2f}' for value in (found[0], found[-1])))}")
    if points:
        lines.append(f"each point {min(int(row['n_frames']) for row in points)} frames or more")
    return lines
