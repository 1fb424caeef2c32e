"""Attacked frames, as in the paper's figure: image before, image after, and their difference."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from echoshift.figures.style import (
    along,
    heading,
    label_word,
    new_figure,
    nothing_attacked,
    outcome_words,
    rows_used,
    settings_words,
    show_image,
)
from echoshift.settings import SETTINGS
from echoshift.statistics.success_rate import attacked
from echoshift.summary.attack_results import read_trajectory, unit_of_pixels

N_FLIPPED, N_UNFLIPPED = 3, 2


def attacks_figure(record: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], results: Path) -> Figure:
    """Draw the first flipped and the first unflipped frames of the table.

    Parameters
    ----------
    record : mapping
        Entry of the classifier and attack in `summary.json`.
    rows : sequence of rows
        The corresponding rows of `frames.csv`.
    results : Path
        Results folder, which contains `attacks/`.
    """
    title = heading(record, "Images before and after the attack")
    tried = attacked(rows)
    flipped = [row for row in tried if row["outcome"] == "flipped"]
    unflipped = [row for row in tried if row["outcome"] != "flipped"]
    shown = flipped[:N_FLIPPED] + unflipped[:N_UNFLIPPED]
    if not shown:
        return nothing_attacked(title, record)
    names = ("initial_image", "final_image", "z", "x")
    pictures = [tuple(read_trajectory(results / row["folder"], names).values()) for row in shown]
    units = [unit_of_pixels(results / row["folder"]) for row in shown]
    last = max(rows_used(image) for before, after, *_ in pictures for image in (before, after))
    pictures = [(before[:last], after[:last], z[:last], x) for before, after, z, x in pictures]
    differences = [after.astype(np.int16) - before for before, after, *_ in pictures]
    largest = max(int(np.abs(difference).max()) for difference in differences)
    limit = max(10, 10 * -(-largest // 10))
    aspect = max(difference.shape[0] / difference.shape[1] for difference in differences)
    figure = new_figure(13, (3.5 * aspect + 0.6) * len(shown) + 0.9, title)
    grid = figure.subplots(len(shown), 3, squeeze=False)
    for axes, row, (before, after, z, x), difference, unit in zip(
        grid, shown, pictures, differences, units, strict=True
    ):
        for panel, image, end in ((axes[0], before, "initial"), (axes[1], after, "final")):
            show_image(panel, image, z, x, unit, cmap="gray", vmin=0, vmax=255)
            shown_settings = [name for name in SETTINGS if f"{end}_{name}" in row]
            settings = settings_words({name: float(row[f"{end}_{name}"]) for name in shown_settings})
            panel.set_title(f"{end}: {settings}\n{_answer_words(row, end, record['classes'])}", fontsize=9)
        scale = show_image(axes[2], difference, z, x, unit, cmap="RdBu_r", vmin=-limit, vmax=limit)
        whose = f"{row['frame_id']}, {label_word(row['label'], record['classes'])}"
        axes[0].set_ylabel(f"{whose}\n{along('z', unit)}", fontsize=10)
        if row is shown[-1] or len(set(units)) > 1:
            for panel in axes:
                panel.set_xlabel(along("x", unit), fontsize=9)
        rms = float(np.sqrt(np.mean(difference[(before > 0) | (after > 0)] ** 2.0))) if difference.any() else 0.0
        words = f"{outcome_words(row['outcome'], row['label'])}, {row['queries']} queries"
        similar = f", SSIM {float(row['final_ssim']):.2f}" if row["final_ssim"] else ""
        unknown = float(row["final_unknown"] or 0)
        words += f", {100 * unknown:.1f} % undetermined" if unknown else ""
        axes[2].set_title(f"{words}\nfinal − initial, {rms:.0f} grey levels rms{similar}", fontsize=9)
    bar = figure.colorbar(scale, ax=grid[:, 2], shrink=min(1.0, 1.6 / len(shown)), pad=0.02)
    bar.set_label("final − initial (grey levels)", fontsize=10)
    return figure


def _answer_words(row: Mapping[str, Any], end: str, classes: Sequence[str]) -> str:
    """What the classifier says at one end of the path: with two classes, the probability of the positive one."""
    if len(classes) == 2:
        if row[f"{end}_probability"]:
            return f"P({classes[1]}) {float(row[f'{end}_probability']):.3f}"
        return f"score {float(row[f'{end}_logit']):+.3g} from the threshold"
    said = int(row[f"{end}_answer"])
    return f"{classes[said]}, P {float(row[f'{end}_probability_{said}']):.3f}"
