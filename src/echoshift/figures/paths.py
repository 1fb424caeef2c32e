"""Settings and classifier output over the iterations, for all frames."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from echoshift.classifiers.answers import answer, logits, margin, probabilities
from echoshift.figures.style import (
    OUTCOME_COLOURS,
    OUTCOME_WORDS,
    UNLABELLED,
    heading,
    n_attacked,
    new_figure,
    nothing_attacked,
)
from echoshift.settings import SETTINGS

STYLES = ("-.", "--", "-", ":", (0, (6, 1, 1, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (9, 3)))
"""By label, from -1 (unknown) on."""
COLUMNS = 2
LEGEND_COLUMNS = 5
"""Entries per line of the legend; more would be wider than the figure."""


def paths_figure(record: Mapping[str, Any], trajectories: xr.Dataset) -> Figure:
    """Draw one line per frame, in one panel per setting and one for the answer.

    With two classes, the answer is the probability of the positive one, or the distance from the threshold of a model
    without probabilities. With more, it is the margin of the true class, or of the attack's target.

    Parameters
    ----------
    record : mapping
        Entry of the classifier and attack in `summary.json`.
    trajectories : Dataset
        The study's combined store.
    """
    title = heading(record, "Settings and answer along the search, all attacked frames")
    if not n_attacked(record):
        return nothing_attacked(title, record)
    run = trajectories.sel(classifier=record["classifier"], attack=record["attack"])
    run = run[["settings", "scores", "n_iterations", "outcome", "low", "high"]].load()
    moved = set(run.parameter.values[run.low.notnull().any("frame").values])
    names = [name for name in SETTINGS if name in moved]
    n_panels = len(names) + 1
    n_rows = -(-n_panels // COLUMNS)
    figure = new_figure(12, 4 * n_rows, title)
    grid = figure.subplots(n_rows, COLUMNS, sharex=True, squeeze=False).flatten()
    panels = grid[:n_panels]
    for axes, name in zip(panels, names, strict=False):  # the last panel shows the answer
        _lines(axes, run, run.settings.sel(parameter=name).values)
        for bound in (run.low, run.high):
            for value in np.unique(bound.sel(parameter=name).values):
                if np.isfinite(value):
                    axes.axhline(value, color="0.6", linewidth=1, linestyle=":")
        unit = SETTINGS[name].unit
        axes.set_ylabel(f"{name} ({unit})" if unit else name)
        axes.set_title(SETTINGS[name].long_name, fontsize=10)
    axes = panels[-1]
    with np.errstate(invalid="ignore"):  # padding is NaN
        answers, words, border = _answers(record, run)
    _lines(axes, run, answers)
    axes.axhline(border, color="0.6", linewidth=1, linestyle=":")
    if border:
        axes.set_ylim(-0.03, 1.03)
    axes.set_ylabel(words)
    axes.set_title(f"answer of the classifier (cut-off {border:g})", fontsize=10)
    for axes in grid[n_panels:]:
        axes.axis("off")
    for axes in panels[-COLUMNS:]:
        axes.tick_params(labelbottom=True)
        what = "iteration" if record["method"] == "sign_descent" else "best settings so far"
        axes.set_xlabel(f"{what}; 0 is the initial point")
        axes.xaxis.get_major_locator().set_params(integer=True)
    handles = [
        Line2D([], [], color=OUTCOME_COLOURS[outcome], label=f"{OUTCOME_WORDS[outcome]}: {words}")
        for outcome in record["outcomes"]
        if (words := _count_words(record["outcomes"][outcome], record["unlabelled_outcomes"][outcome]))
    ]
    kinds = [*enumerate(record["classes"])][:: -1 if len(record["classes"]) == 2 else 1]
    kinds += [(-1, UNLABELLED)] if record["n_unlabelled"] else []
    handles += [Line2D([], [], color="0.3", linestyle=_style(label), label=word) for label, word in kinds]
    handles += [Line2D([], [], color="0.6", linestyle=":", label="bounds, cut-off")]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), LEGEND_COLUMNS), fontsize=9)
    return figure


def _count_words(labelled: int, unlabelled: int) -> str:
    """Numbers of labelled and unlabelled frames as text; empty if both are 0."""
    return " + ".join([str(labelled)] * bool(labelled) + [f"{unlabelled} {UNLABELLED}"] * bool(unlabelled))


def _answers(record: Mapping[str, Any], run: xr.Dataset) -> tuple[np.ndarray, str, float]:
    """What the classifier says along the paths, (frame, iteration), its name, and the value at which the answer changes."""
    classes, scores = record["classes"], run.scores.values
    if len(classes) == 2:
        if record["has_probabilities"]:
            return probabilities(scores)[..., 1], f"P({classes[1]})", 0.5
        return logits(scores)[..., 0], "score from the threshold", 0.0
    if record["target"]:
        return margin(scores, classes.index(record["target"])), f"margin of {record['target']}", 0.0
    # Of an unlabelled frame, its first answer.
    followed = np.where(run.label.values < 0, answer(scores[:, 0]), run.label.values).astype(int)
    margins = np.stack([margin(scores, label) for label in range(len(classes))])
    return margins[followed, np.arange(len(followed))], "margin of the true class", 0.0


def _style(label: int) -> Any:
    """Line style of a label; -1: unknown. Beyond the sixth class they repeat."""
    return STYLES[0] if label < 0 else STYLES[1 + label % (len(STYLES) - 1)]


def _lines(axes: Axes, run: xr.Dataset, values: np.ndarray) -> None:
    """Plot values (frame, iteration): one line per frame, with a dot at its end."""
    faint = 0.85 if len(values) <= 60 else 0.25
    for line, n, outcome, label in zip(
        values, run.n_iterations.values, run.outcome.values, run.label.values, strict=True
    ):
        if n:
            colour = OUTCOME_COLOURS[outcome]
            shown = line[:n]
            axes.plot(range(n), shown, color=colour, linestyle=_style(int(label)), linewidth=1, alpha=faint)
            axes.plot(n - 1, shown[-1], "o", color=colour, markersize=3.5, alpha=faint)
