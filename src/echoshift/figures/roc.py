"""Receiver operating characteristic of every classifier."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from echoshift.classifiers.protocols import PROTOCOLS
from echoshift.figures.style import LINE_COLOURS, new_figure
from echoshift.summary.phrases import number

BASELINES = {"mean_grey_level": "mean grey level", "liver_cortex_ratio": "liver/cortex grey ratio"}


def roc_figure(records: Sequence[Mapping[str, Any]], points: Mapping[str, Sequence[Mapping[str, str]]]) -> Figure:
    """Draw one panel per classifier.

    Parameters
    ----------
    records : sequence of mappings
        One record of `summary.json` per classifier.
    points : mapping
        Rows of `roc.csv` by classifier; empty if a class has no frames. With more than two classes, a curve for each.
    """
    figure = new_figure(5.4 * len(records), 6, f"ROC at the initial settings, {records[0]['cohort']}")
    for axes, record in zip(figure.subplots(1, len(records), squeeze=False)[0], records, strict=True):
        rows = points[record["classifier"]]
        curves: dict[str, list[tuple[float, float]]] = {}
        for row in rows:
            point = float(row["false_positive_rate"]), float(row["true_positive_rate"])
            curves.setdefault(row.get("class", ""), []).append(point)
        n_labelled = record["n_frames"] - record["n_unlabelled"]
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=1, linestyle="--")
        for i, (label, curve) in enumerate(curves.items()):
            words = None
            if label:
                auc = number(record["per_class"][int(label)], "auc")
                words = f"{record['classes'][int(label)]} against the rest: AUC {auc}"
            colour = LINE_COLOURS[i % len(LINE_COLOURS)]
            axes.plot(*zip(*curve, strict=True), color=colour, linewidth=2, clip_on=False, label=words)
        if not curves:
            words = "only one class among the frames" if n_labelled else "no frame has a label"
            axes.text(0.5, 0.55, words, ha="center")
        lines = [
            f"{'AUC' if len(record['classes']) == 2 else 'mean AUC'} {number(record, 'auc')}",
            f"accuracy {number(record, 'accuracy')}",
        ]
        for name, words in BASELINES.items():
            if baseline := record["baselines"].get(name):
                lines.append(f"{words}: AUC {number(baseline, 'auc')}")
        axes.text(0.97, 0.04, "\n".join(lines), transform=axes.transAxes, ha="right", va="bottom", fontsize=9,
                  bbox={"facecolor": "white", "edgecolor": "0.8"})  # fmt: skip
        axes.set_title(
            f"{record['classifier']}: {PROTOCOLS[record['protocol']].words}\n{n_labelled} frames", fontsize=10
        )
        axes.set_xlabel("false positive rate")
        axes.set_ylabel("true positive rate")
        if len(record["classes"]) > 2 and curves:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), fontsize=9, frameon=False)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_aspect("equal")
    return figure
