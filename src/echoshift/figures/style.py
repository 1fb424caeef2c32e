"""Shared by all figures: wording, colours, image axes and saving."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from echoshift.classifiers.protocols import PROTOCOLS
from echoshift.settings import SETTINGS
from echoshift.storage.files import written_whole

UNLABELLED = "unlabelled"
CHANGED = "answer changed"
"""Replaces `flipped` for unlabelled frames, whose correct answer is unknown."""
OUTCOME_COLOURS = {
    "flipped": "#d1495b",
    "at_bounds": "#edae49",
    "stalled": "#4f86b8",
    "exhausted": "#a9c9e6",
    "unconfirmed": "#8d5fa8",
    "not_attacked": "#c8c8c8",
    "of_target": "#e6e6e6",
    "unreachable": "#3c9d6d",
    "not_run": "#f4f4f4",
}
OUTCOME_WORDS = {
    "flipped": "flipped",
    "at_bounds": "at the bounds",
    "stalled": "stalled (nowhere new to go)",
    "exhausted": "query budget spent",
    "unconfirmed": "flip not confirmed",
    "not_attacked": "not attacked (misclassified from the start)",
    "of_target": "not attacked (the target is already their answer)",
    "unreachable": "unreachable (the classifier reads the recording)",
    "not_run": "not attacked yet (on request)",
}
LINE_COLOURS = ("#30638e", "#d1495b", "#3c9d6d", "#8d5fa8", "#b07d2b", "#5a5a5a")
DPI = 130


def new_figure(width: float, height: float, title: str) -> Figure:
    """An empty figure (size in inches) with a title above all panels."""
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.suptitle(title, fontsize=12)
    return figure


def save(figure: Figure, path: Path, about: Mapping[str, Any]) -> None:
    """Write a PNG atomically, with its provenance as JSON in the text field `Comment`."""
    # Do the layout here: `savefig` would draw everything an extra time for it.
    figure.set_dpi(DPI)
    for _ in range(2):  # the labels of an image keep their place only after its axes have shrunk to its proportions
        figure.get_layout_engine().execute(figure)
    figure.set_layout_engine("none")
    with written_whole(path) as draft:
        figure.savefig(draft, dpi=DPI, metadata={"Software": None, "Comment": json.dumps(about, sort_keys=True)})


def notice(title: str, text: str) -> Figure:
    """A figure with a message instead of data."""
    figure = new_figure(8, 2.6, title)
    axes = figure.add_subplot()
    axes.axis("off")
    axes.text(0.5, 0.5, text, ha="center", va="center", fontsize=12, wrap=True)
    return figure


def n_attacked(record: Mapping[str, Any]) -> int:
    """Number of frames that were attacked, labelled or not."""
    return sum(record["outcomes"].values()) + sum(record["unlabelled_outcomes"].values())


def nothing_attacked(title: str, record: Mapping[str, Any]) -> Figure:
    """A figure for an attack without any frame."""
    if record.get("n_unreachable") or record.get("n_unlabelled_unreachable"):
        return notice(title, "No setting reaches this classifier, which reads the recording: nothing was attacked.")
    frame = f"frame of another class than {record['target']}" if record["target"] else "frame"
    return notice(title, f"No {frame} was classified correctly: nothing was attacked.")


def nothing_words(records: Sequence[Mapping[str, Any]], classifier: str) -> str:
    """What a panel says of a classifier of which nothing was attacked."""
    is_unreachable = any(record["classifier"] == classifier and "n_unreachable" in record for record in records)
    return "no setting reaches it: nothing was attacked" if is_unreachable else "nothing was attacked"


def label_word(label: str, classes: Sequence[str]) -> str:
    """Class name for a cell of the column `label`; the cell is empty if the label is unknown."""
    return classes[int(label)] if label else UNLABELLED


def outcome_words(outcome: str, label: str) -> str:
    """Text for an attack's outcome; `label` is the cell of that column."""
    return CHANGED if outcome == "flipped" and not label else OUTCOME_WORDS[outcome]


def heading(record: Mapping[str, Any], what: str) -> str:
    """A title that states what the numbers depend on: classifier, protocol, attack, cohort."""
    target = f" (to {record['target']})" if record["target"] else ""
    return (
        f"{what}\nclassifier {record['classifier']}: {PROTOCOLS[record['protocol']].words}; attack {record['attack']}{target}; "
        f"{record['cohort']}"
    )


def settings_words(settings: Mapping[str, float]) -> str:
    """Settings for a title, four per line: symbol, and value to the first digit of the setting's probe step."""
    words = []
    for name, value in settings.items():
        setting = SETTINGS[name]
        decimals = 0 if setting.kind != "continuous" else max(0, -math.floor(math.log10(setting.step)))
        words.append(f"{setting.symbol} {value:.{decimals}f} {setting.unit}".rstrip())
    return ",\n".join(", ".join(words[i : i + 4]) for i in range(0, len(words), 4))


def along(axis: str, unit: str) -> str:
    """Label of an axis of `show_image`."""
    return f"{axis} ({'cm' if unit == 'm' else unit})"


def rows_used(image: np.ndarray) -> int:
    """Number of rows down to the bottom of the sector; the rows below are empty."""
    return int(np.flatnonzero(image.any(axis=1)).max(initial=1)) + 2


def show_image(axes: Axes, image: np.ndarray, z: np.ndarray, x: np.ndarray, unit: str, **colours: Any) -> Any:
    """Show an image (z, x) on axes in centimetres, or in pixels if that is the unit of z and x."""
    half_z, half_x = (z[1] - z[0]) / 2, (x[1] - x[0]) / 2
    scale = 100 if unit == "m" else 1
    extent = [scale * value for value in (x[0] - half_x, x[-1] + half_x, z[-1] + half_z, z[0] - half_z)]
    shown = axes.imshow(image, extent=extent, interpolation="none", **colours)
    axes.tick_params(labelsize=8)
    return shown
