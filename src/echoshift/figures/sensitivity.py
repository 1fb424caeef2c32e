"""Sensitivity: Sobol indices of each setting, the score along each, and the margin over pairs of them."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from echoshift.classifiers.protocols import PROTOCOLS
from echoshift.figures.style import LINE_COLOURS, UNLABELLED, new_figure
from echoshift.records.provenance import provenance
from echoshift.sensitivity.cohort import SensitiveFrame, at_common_values, quantiles
from echoshift.settings import SETTINGS
from echoshift.storage.files import sha256_of_file
from echoshift.summary.sensitivity_results import FRAMES, INDICES, SUMMARY

MOST_SWEPT = 6
"""Sweeps of so many settings are drawn, those with the highest total indices."""
MOST_PAIRED = 4
"""Maps of all pairs of so many settings are drawn, those with the highest total indices."""


def figure_record(results: Path) -> Mapping[str, Any]:
    """The record stored in the figure: digests of the tables, by path relative to `results`."""
    files = [f"sensitivity/{name}" for name in (FRAMES, INDICES, SUMMARY)]
    return provenance(
        inputs={"files": {name: sha256_of_file(results / name) for name in files}}, packages=("matplotlib", "numpy")
    )


def sensitivity_figure(summary: Mapping[str, Any], cohorts: Mapping[str, Sequence[SensitiveFrame]]) -> Figure:
    """Draw three lines of panels per classifier: indices, sweeps and maps.

    Parameters
    ----------
    summary : mapping
        `sensitivity/summary.json`.
    cohorts : mapping
        Frames by classifier.
    """
    results, classes = summary["results"], summary["classes"]
    figure = new_figure(13, 11 * len(cohorts), f"Sensitivity to the settings, {summary['cohort']}")
    parts = figure.subfigures(len(cohorts), 1, squeeze=False)[:, 0]
    for part, (classifier, frames) in zip(parts, cohorts.items(), strict=True):
        own = [record for record in results if record["classifier"] == classifier]
        words = PROTOCOLS[own[0]["protocol"]].words
        part.suptitle(f"{classifier}: {words}; {len(frames)} frames", fontsize=10)
        by_total = _by_total(own)
        n_paired = len(by_total[:MOST_PAIRED])
        lines = part.subfigures(3 if n_paired > 1 else 2, 1)
        _draw_indices(lines[0], own)
        _draw_sweeps(lines[1], frames, _in_order(by_total[:MOST_SWEPT]), classes)
        if n_paired > 1:
            _draw_maps(lines[2], frames, _in_order(by_total[:MOST_PAIRED]))
    return figure


def _by_total(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Settings by their highest mean total index over all frames, highest first, then in the usual order."""
    totals: dict[str, float] = {}
    for record in records:
        if record["true_class"] is None:
            totals[record["setting"]] = max(totals.get(record["setting"], 0.0), record["total"] or 0.0)
    return sorted(totals, key=lambda name: -totals[name])


def _in_order(names: Sequence[str]) -> list[str]:
    return [name for name in SETTINGS if name in names]


def _draw_indices(part: SubFigure, records: Sequence[Mapping[str, Any]]) -> None:
    """Mean indices of each setting, a panel for each class whose log-odds are analysed."""
    of_classes = list(dict.fromkeys(record["class"] for record in records))
    for axes, of_class in zip(part.subplots(1, len(of_classes), squeeze=False)[0], of_classes, strict=True):
        own = [record for record in records if record["class"] == of_class]
        settings = list(dict.fromkeys(record["setting"] for record in own))
        groups = [group for group in dict.fromkeys(record["true_class"] for record in own) if _has_frames(own, group)]
        width = 0.8 / max(len(groups), 1)
        for k, group in enumerate(groups):
            of_group = [record for record in own if record["true_class"] == group]
            colour = "0.35" if group is None else LINE_COLOURS[(k - 1) % len(LINE_COLOURS)]
            at = np.arange(len(settings)) + (k - (len(groups) - 1) / 2) * width
            n = of_group[0]["n_frames"]
            words = f"{group or 'all frames'} (n = {n})"
            _draw_bars(axes, at - width / 4, of_group, "first", width / 2, color=colour, label=words)
            _draw_bars(axes, at + width / 4, of_group, "total", width / 2, color=colour, alpha=0.4)
        axes.axhline(0, color="0.4", linewidth=0.8)
        axes.set_xticks(range(len(settings)), [SETTINGS[name].symbol for name in settings])
        axes.set_ylabel("Sobol index, mean over frames")
        axes.set_title(f"log-odds of {of_class}", fontsize=9)
        if groups:
            axes.legend(fontsize=8, frameon=False, loc="upper right")
        else:
            axes.text(0.5, 0.5, "the score never varies", transform=axes.transAxes, ha="center", va="center")
        axes.margins(y=0.25)
    part.suptitle("first-order (dark) and total (light) Sobol indices, 95 % by patient", fontsize=9)


def _has_frames(records: Sequence[Mapping[str, Any]], group: str | None) -> bool:
    return any(record["true_class"] == group and record["n_frames"] for record in records)


def _draw_bars(
    axes: Axes, at: np.ndarray, records: Sequence[Mapping[str, Any]], name: str, width: float, **look: Any
) -> None:
    axes.bar(at, [record[name] for record in records], width, **look)
    for x, record in zip(at, records, strict=True):
        if record[f"{name}_low"] is not None:
            axes.vlines(x, record[f"{name}_low"], record[f"{name}_high"], color="0.1", linewidth=1.2)


def _draw_sweeps(
    part: SubFigure, frames: Sequence[SensitiveFrame], settings: Sequence[str], classes: Sequence[str]
) -> None:
    """Median and quartiles over the frames of each true class, along each setting."""
    of_logit = len(classes) == 2
    panels = part.subplots(1, len(settings), squeeze=False, sharey=True)[0]
    groups = [
        (label, own) for label in (*range(len(classes)), None) if (own := [f for f in frames if f.label == label])
    ]
    for axes, name in zip(panels, settings, strict=True):
        for label, own in groups:
            (values,), found = at_common_values(own, (name,), of_logit)
            low, median, high = quantiles(found, [0.25, 0.5, 0.75])
            colour = "0.5" if label is None else LINE_COLOURS[label % len(LINE_COLOURS)]
            words = UNLABELLED if label is None else classes[label]
            marker = "o" if len(values) == 1 else None
            axes.plot(values, median, color=colour, marker=marker, label=f"{words} (n = {len(own)})")
            axes.fill_between(values, low, high, color=colour, alpha=0.2, linewidth=0)
        axes.axhline(0, color="0.4", linewidth=0.8)
        axes.set_xlabel(_words(name), fontsize=8)
        axes.tick_params(labelsize=8)
    panels[0].set_ylabel(f"logit of {classes[1]}" if of_logit else "margin of the true class")
    panels[0].legend(fontsize=8, frameon=False)
    part.suptitle("one setting alone: median and quartiles over frames", fontsize=9)


def _draw_maps(part: SubFigure, frames: Sequence[SensitiveFrame], settings: Sequence[str]) -> None:
    """Median margin over all frames for each pair of settings; below 0 the answer is wrong."""
    pairs = list(combinations(settings, 2))
    medians = [
        (values, quantiles(found, [0.5])[0]) for values, found in (at_common_values(frames, pair) for pair in pairs)
    ]
    most = max(np.nanmax(np.abs(found)) for _, found in medians) or 1.0
    panels = part.subplots(1, len(pairs), squeeze=False)[0]
    for axes, (first, second), ((x, y), found) in zip(panels, pairs, medians, strict=True):
        shown = axes.pcolormesh(x, y, found.T, vmin=-most, vmax=most, cmap="RdBu", shading="nearest")
        axes.set_xlabel(_words(first), fontsize=8)
        axes.set_ylabel(_words(second), fontsize=8)
        axes.tick_params(labelsize=8)
    part.colorbar(shown, ax=list(panels), label="median margin", shrink=0.9)
    part.suptitle("two settings together: median margin of the true class over frames", fontsize=9)


def _words(name: str) -> str:
    setting = SETTINGS[name]
    return f"{setting.symbol} / {setting.unit}" if setting.unit else setting.symbol
