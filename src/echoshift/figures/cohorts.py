"""Examples of both cohorts and of every label."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from echoshift.figures.style import label_word, new_figure, notice, rows_used, show_image
from echoshift.formats.images import read_image
from echoshift.reconstruction.cache import read_reconstruction

EXAMPLE_COLUMNS = ("cohort", "item_id", "label", "path", "simulated")
COHORTS = {"images": "first cohort: B-mode images, training only", "frames": "second cohort: RF frames, reconstructed"}


def cohorts_figure(examples: Sequence[Mapping[str, str]], classes: Sequence[str]) -> Figure:
    """Draw one row of pictures for each cohort.

    Parameters
    ----------
    examples : sequence of rows
        `cohort` (images or frames), `item_id`, `label` (may be empty), `path` (picture, or folder of a reconstruction),
        `simulated` (0 or 1).
    classes : (str, str)
        Words for label 0 and label 1.
    """
    title = "Examples of the cohorts at the initial settings"
    shown = {cohort: [row for row in examples if row["cohort"] == cohort] for cohort in COHORTS}
    shown = {cohort: sorted(rows, key=lambda row: row["label"]) for cohort, rows in shown.items() if rows}
    if not shown:
        return notice(title, "No examples were given.")
    columns = max(len(rows) for rows in shown.values())
    figure = new_figure(3.4 * columns + 0.4, 3.1 * len(shown) + 0.6, title)
    for strip, (cohort, rows) in zip(figure.subfigures(len(shown), 1, squeeze=False)[:, 0], shown.items(), strict=True):
        simulated = " (simulated)" if any(row["simulated"] == "1" for row in rows) else ""
        strip.suptitle(COHORTS[cohort] + simulated, fontsize=11)
        for i, (axes, row) in enumerate(zip(strip.subplots(1, columns, squeeze=False)[0], rows, strict=False)):
            if cohort == "frames":
                stored = read_reconstruction(row["path"])
                last = rows_used(stored.image)
                show_image(
                    axes, stored.image[:last], stored.grid.z[:last], stored.grid.x, cmap="gray", vmin=0, vmax=255
                )
                axes.set_xlabel("x (cm)", fontsize=9)
                if i == 0:
                    axes.set_ylabel("z (cm)", fontsize=9)
            else:  # a bare picture has no scale
                image = read_image(row["path"])
                axes.imshow(image[: rows_used(image)], cmap="gray", vmin=0, vmax=255, interpolation="none")
                axes.set_xticks([])
                axes.set_yticks([])
            axes.set_title(f"{row['item_id']}: {label_word(row['label'], classes)}", fontsize=10)
        for axes in strip.axes[len(rows) :]:
            axes.axis("off")
    return figure
