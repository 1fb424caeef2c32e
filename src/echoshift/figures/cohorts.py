"""Example images from both cohorts, for every label."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from echoshift.figures.style import along, label_word, new_figure, notice, rows_used, show_image
from echoshift.formats.images import read_image
from echoshift.reconstruction.cache import read_reconstruction

EXAMPLE_COLUMNS = ("cohort", "item_id", "label", "path", "simulated")
COHORTS = {"images": "B-mode images, for training only", "frames": "classified and attacked"}
WIDTH, WORDS = 3.4, 0.95
"""Inches: width of an image, and total height of the text above and below a row of images."""


def cohorts_figure(examples: Sequence[Mapping[str, str]], classes: Sequence[str], frames: str) -> Figure:
    """Draw one row of images per cohort.

    Parameters
    ----------
    examples : sequence of rows
        `cohort` (images or frames), `item_id`, `label` (may be empty), `path` (image file or reconstruction folder),
        `simulated` (0 or 1).
    classes : sequence of str
        Names of labels 0, 1, ...
    frames : str
        What the frames are, such as `simulated RF frames`.
    """
    title = "Examples of the cohorts at the initial settings"
    shown = {cohort: [row for row in examples if row["cohort"] == cohort] for cohort in COHORTS}
    shown = {cohort: sorted(rows, key=lambda row: row["label"]) for cohort, rows in shown.items() if rows}
    if not shown:
        return notice(title, "No examples were given.")
    columns = max(len(rows) for rows in shown.values())
    pictures = {cohort: [_picture(cohort, row["path"]) for row in rows] for cohort, rows in shown.items()}
    heights = [WIDTH * max(image.shape[0] / image.shape[1] for image, *_ in own) + WORDS for own in pictures.values()]
    figure = new_figure(WIDTH * columns + 0.4, sum(heights) + 0.6, title)
    strips = figure.subfigures(len(shown), 1, squeeze=False, height_ratios=heights)[:, 0]
    for strip, (cohort, rows) in zip(strips, shown.items(), strict=True):
        simulated = " (simulated)" if any(row["simulated"] == "1" for row in rows) else ""
        strip.suptitle(COHORTS[cohort] + (f": {frames}" if cohort == "frames" else simulated), fontsize=11)
        panels = strip.subplots(1, columns, squeeze=False)[0]
        for axes, row, (image, z, x, unit) in zip(panels, rows, pictures[cohort], strict=False):
            if cohort == "frames":
                show_image(axes, image, z, x, unit, cmap="gray", vmin=0, vmax=255)
                axes.set_xlabel(along("x", unit), fontsize=9)
            else:
                axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="none")
                axes.set_xticks([])
                axes.set_yticks([])
            axes.set_title(f"{row['item_id']}: {label_word(row['label'], classes)}", fontsize=10)
        if cohort == "frames":
            panels[0].set_ylabel(along("z", pictures[cohort][0][-1]), fontsize=9)
        for axes in panels[len(rows) :]:
            axes.axis("off")
    return figure


def _picture(cohort: str, path: str) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None, str | None]:
    """An image cropped below the sector, with its z and x axes and their unit (None for an image file)."""
    if cohort == "images":
        image = read_image(path)
        return image[: rows_used(image)], None, None, None
    stored = read_reconstruction(path)
    last = rows_used(stored.image)
    return stored.image[:last], stored.grid.z[:last], stored.grid.x, stored.grid.unit
