"""Answers by true class, before and after each attack."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from echoshift.classifiers.protocols import PROTOCOLS
from echoshift.figures.style import new_figure, notice
from echoshift.summary.phrases import attack_name

MOST_COUNTS = 12
"""Numbers are written into the matrices of at most so many classes."""


def confusion_figure(records: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw one row of matrices per classifier: before, and after each of its attacks. Colours are shares of a true class.

    Parameters
    ----------
    records : sequence of mappings
        `summary.json`.
    """
    title = f"True class and answer of the labelled frames, {records[0]['cohort']}"
    if not any(record["n_frames"] - record["n_unlabelled"] for record in records):
        return notice(title, "No frame has a label.")
    classifiers = list(dict.fromkeys(record["classifier"] for record in records))
    of_classifier = [[record for record in records if record["classifier"] == name] for name in classifiers]
    n_columns = 1 + max(map(len, of_classifier))
    side = 1.9 + 0.7 * min(len(records[0]["classes"]), MOST_COUNTS)
    figure = new_figure(side * n_columns + 0.5, (side + 0.7) * len(classifiers) + 0.4, title)
    grid = figure.subplots(len(classifiers), n_columns, squeeze=False)
    for panels, own in zip(grid, of_classifier, strict=True):
        words = PROTOCOLS[own[0]["protocol"]].words
        _draw(panels[0], own[0]["confusion"], own[0]["classes"], f"{own[0]['classifier']}, initial settings\n{words}")
        panels[0].set_ylabel("true class", fontsize=10)
        for axes in panels[1 + len(own) :]:
            axes.axis("off")
        for axes, record in zip(panels[1:], own, strict=False):
            ended = f"{record['n_flipped']} of {record['n_correct']} flipped"
            if "n_unreachable" in record:
                ended = f"{record['n_unreachable']} unreachable"
            words = f"after {attack_name(record)}\n{ended}"
            _draw(axes, record["confusion_after_attack"], record["classes"], words)
    for axes in grid[-1]:
        axes.set_xlabel("answer", fontsize=10)
    return figure


def _draw(axes: Any, matrix: Sequence[Sequence[int]], classes: Sequence[str], title: str) -> None:
    counts = np.array(matrix)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(counts.shape if len(counts) <= MOST_COUNTS else (0, 0)):
        colour = "white" if shares[row, column] > 0.6 else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour, fontsize=11)
    places = range(len(classes))
    axes.set_xticks(places, classes, fontsize=9, rotation=30, ha="right", rotation_mode="anchor")
    axes.set_yticks(places, classes, fontsize=9)
    axes.set_title(title, fontsize=10)
