"""Share of flipped frames over the size of the box: how far the settings must move before diagnoses flip."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from echoshift.classifiers.protocols import PROTOCOLS
from echoshift.figures.style import LINE_COLOURS, new_figure, nothing_words
from echoshift.statistics.success_rate import attacked, counted, labelled_rows
from echoshift.summary.phrases import attack_name, percent

Records = Sequence[Mapping[str, Any]]


def nearest_figure(records: Records, rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw one panel per classifier: a curve for each attack, and one for all jobs together in each of their boxes.

    Parameters
    ----------
    records : sequence of mappings
        `summary.json`.
    rows : sequence of rows
        `frames.csv`.
    """
    classifiers = list(dict.fromkeys(record["classifier"] for record in records))
    title = f"How far the settings must move, {records[0]['cohort']}"
    figure = new_figure(6.2 * len(classifiers), 6.4, title)
    panels = figure.subplots(1, len(classifiers), squeeze=False, sharey=True)[0]
    for axes, classifier in zip(panels, classifiers, strict=True):
        own = [record for record in records if record["classifier"] == classifier and record["n_correct"]]
        for i, record in enumerate(own):
            _draw(axes, _of(record, rows), "own_nearest_linf", attack_name(record), LINE_COLOURS[i % len(LINE_COLOURS)])
        for box in dict.fromkeys(record["box"] for record in own):
            in_box = [record for record in own if record["box"] == box]
            # Attacks with a target, and those on request, may have attacked fewer frames.
            most = max(in_box, key=lambda record: record["n_correct"])
            name = "everything together" + ("" if len(in_box) == len(own) else f", box of {box}")
            _draw(axes, _of(most, rows), "nearest_linf", name, "0.1", linestyle="--")
        words = PROTOCOLS[next(one for one in records if one["classifier"] == classifier)["protocol"]].words
        axes.set_title(f"{classifier}: {words}", fontsize=10)
        axes.set_xlabel("size of the box (share of the way from the initial settings to the bounds)")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        if own:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), fontsize=9, frameon=False)
        else:
            axes.text(0.5, 0.5, nothing_words(records, classifier), ha="center", transform=axes.transAxes)
    panels[0].set_ylabel("share of attacked frames with a flip inside")
    return figure


def _of(record: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    run = (record["classifier"], record["attack"])
    own = [row for row in rows if (row["classifier"], row["attack"]) == run and row["label"] != ""]
    return attacked(labelled_rows(counted(own)))


def _draw(axes: Any, rows: Sequence[Mapping[str, Any]], column: str, name: str, colour: str, **style: Any) -> None:
    found = np.sort([float(row[column]) for row in rows if row[column] != ""])
    sizes = np.concatenate([[0.0], found, [1.0]])
    shares = np.concatenate([[0.0], np.arange(1, len(found) + 1), [len(found)]]) / len(rows)
    label = f"{name}: {len(found)} of {len(rows)} = {percent(shares[-1])}"
    axes.step(sizes, shares, where="post", color=colour, linewidth=2, label=label, **style)
