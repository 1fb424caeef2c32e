"""Classifiers compared: AUC across, robust accuracy upwards."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from echoshift.figures.style import LINE_COLOURS, new_figure

MARKERS = "osD^v<"
BASELINE = {"marker": "*", "markersize": 15, "color": "0.1", "zorder": 5}


def comparison_figure(rows: Sequence[Mapping[str, Any]], about: Mapping[str, Any]) -> Figure:
    """One point a classifier with its intervals. Names stand beside the plot, from the most robust to the least.

    Parameters
    ----------
    rows : sequence of mappings
        Of `compare.csv`, the baseline first.
    about : mapping
        `compare.json`.
    """
    studies = len(about["studies"])
    title = f"Classifiers compared on {about['n_frames']} {about['cohort']}" + (
        f" of {studies} studies" if studies > 1 else ""
    )
    figure = new_figure(9.6, 6, title)
    axes = figure.add_subplot()
    drawn = [(i, row) for i, row in enumerate(rows) if row["auc"] is not None]
    for i, row in sorted(drawn, key=lambda one: -one[1]["robust_accuracy"]):
        style = BASELINE if i == 0 else {
            "marker": MARKERS[(i - 1) % len(MARKERS)], "markersize": 8,
            "color": LINE_COLOURS[(i - 1 + (i - 1) // len(MARKERS)) % len(LINE_COLOURS)],
        }  # fmt: skip
        name = row["classifier"] + (" (compared with)" if i == 0 else "")
        name += "\n(no setting reaches it)" if row["n_unreachable"] else ""
        axes.errorbar(
            row["auc"], row["robust_accuracy"], xerr=_reach(row, "auc"), yerr=_reach(row, "robust_accuracy"),
            elinewidth=1.2, alpha=0.9, markeredgecolor="white", linestyle="none", label=name, **style,
        )  # fmt: skip
    axes.set_xlabel("AUC" if studies == 1 else "AUC, mean of the studies")
    axes.set_ylabel(f"robust accuracy: classified correctly, and {about['roles']['robust_against']} finds no flip")
    axes.set_ylim(bottom=-0.03)  # so that a marker at 0 is whole
    axes.grid(color="0.92")
    axes.set_axisbelow(True)
    if drawn:
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=10, frameon=False)
    axes.set_title(f"with {100 * about['level']:.0f} % intervals", fontsize=10)
    return figure


def _reach(row: Mapping[str, Any], name: str) -> list[list[float]] | None:
    """Lengths of the interval's bars below and above. None without an interval."""
    value, low, high = (row[f"{name}{part}"] for part in ("", "_low", "_high"))
    if low is None:
        return None
    return [[max(0.0, value - low)], [max(0.0, high - value)]]  # a percentile interval may lie beside the value
