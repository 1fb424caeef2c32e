"""Settings and classifier output over the iterations, for all frames."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from echoshift.classifiers.answers import probability
from echoshift.figures.style import OUTCOME_COLOURS, OUTCOME_WORDS, UNLABELLED, heading, new_figure, notice
from echoshift.settings import SETTINGS

STYLES = {0: "--", 1: "-", -1: "-."}
"""By label; -1 means unknown."""
COLUMNS = 2
LEGEND_COLUMNS = 5
"""Entries per line of the legend; more would be wider than the figure."""


def paths_figure(record: Mapping[str, Any], trajectories: xr.Dataset) -> Figure:
    """Draw one line per frame, in one panel per setting and one for the probability of the positive class.

    Parameters
    ----------
    record : mapping
        Entry of the classifier and attack in `summary.json`.
    trajectories : Dataset
        The study's combined store.
    """
    title = heading(record, "Settings and answer along the search, all attacked frames")
    if not record["n_correct"] + record["n_unlabelled"]:
        return notice(title, "No frame was classified correctly: nothing was attacked.")
    run = trajectories.sel(classifier=record["classifier"], attack=record["attack"])
    run = run[["settings", "logit", "n_iterations", "outcome", "low", "high"]].load()
    moved = set(run.parameter.values[run.low.notnull().any("frame").values])
    names = [name for name in SETTINGS if name in moved]
    n_panels = len(names) + 1
    n_rows = -(-n_panels // COLUMNS)
    figure = new_figure(12, 4 * n_rows, title)
    grid = figure.subplots(n_rows, COLUMNS, sharex=True, squeeze=False).flatten()
    panels = grid[:n_panels]
    for axes, name in zip(panels, names, strict=False):  # the last panel shows the probability
        _lines(axes, run, run.settings.sel(parameter=name).values)
        for bound in (run.low, run.high):
            for value in np.unique(bound.sel(parameter=name).values):
                if np.isfinite(value):
                    axes.axhline(value, color="0.6", linewidth=1, linestyle=":")
        unit = SETTINGS[name].unit
        axes.set_ylabel(f"{name} ({unit})" if unit else name)
        axes.set_title(SETTINGS[name].long_name, fontsize=10)
    axes = panels[-1]
    _lines(axes, run, run.logit.values, probability)
    axes.axhline(0.5, color="0.6", linewidth=1, linestyle=":")
    axes.set_ylim(-0.03, 1.03)
    negative, positive = record["classes"]
    axes.set_ylabel(f"P({positive})")
    axes.set_title("answer of the classifier (cut-off 0.5)", fontsize=10)
    for axes in grid[n_panels:]:
        axes.axis("off")
    for axes in panels[-COLUMNS:]:
        axes.tick_params(labelbottom=True)
        what = "best settings so far" if record["method"] == "random_search" else "iteration"
        axes.set_xlabel(f"{what}; 0 is the initial point")
        axes.xaxis.get_major_locator().set_params(integer=True)
    handles = [
        Line2D([], [], color=OUTCOME_COLOURS[outcome], label=f"{OUTCOME_WORDS[outcome]}: {words}")
        for outcome in record["outcomes"]
        if (words := _count_words(record["outcomes"][outcome], record["unlabelled_outcomes"][outcome]))
    ]
    kinds = ((1, positive), (0, negative), *(((-1, UNLABELLED),) if record["n_unlabelled"] else ()))
    handles += [Line2D([], [], color="0.3", linestyle=STYLES[label], label=word) for label, word in kinds]
    handles += [Line2D([], [], color="0.6", linestyle=":", label="bounds, cut-off")]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), LEGEND_COLUMNS), fontsize=9)
    return figure


def _count_words(labelled: int, unlabelled: int) -> str:
    """Numbers of labelled and unlabelled frames as text; empty if both are 0."""
    return " + ".join([str(labelled)] * bool(labelled) + [f"{unlabelled} {UNLABELLED}"] * bool(unlabelled))


def _lines(axes: Axes, run: xr.Dataset, values: np.ndarray, of: Callable[[np.ndarray], np.ndarray] = np.array) -> None:
    """Plot `of(values)`, values (frame, iteration): one line per frame, with a dot at its end."""
    faint = 0.85 if len(values) <= 60 else 0.25
    for line, n, outcome, label in zip(
        values, run.n_iterations.values, run.outcome.values, run.label.values, strict=True
    ):
        if n:
            colour = OUTCOME_COLOURS[outcome]
            shown = of(line[:n])
            axes.plot(range(n), shown, color=colour, linestyle=STYLES[int(label)], linewidth=1, alpha=faint)
            axes.plot(n - 1, shown[-1], "o", color=colour, markersize=3.5, alpha=faint)
