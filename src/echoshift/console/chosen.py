"""Which frames of a study the page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from echoshift.classifiers.answers import margin
from echoshift.classifiers.score_columns import scores_of_cells
from echoshift.errors import EchoShiftError

MOST = 40
"""Frames that a page shows unless others are asked for."""
NOT_FLIPPED = 10
"""Of these, at most so many are frames that nothing flips, if there are enough others."""


@dataclass(frozen=True)
class Chosen:
    """The frames shown, in the order of the study.

    Attributes
    ----------
    frames : tuple of str
    of : int
        Number of frames of the study.
    why : str
    """

    frames: tuple[str, ...]
    of: int
    why: str


def choose(frames: Sequence[str], rows: Sequence[Mapping[str, str]], wanted: Sequence[str] | None) -> Chosen:
    """The frames asked for, or those that tell most: with the nearest flips, and those that came closest to one.

    Parameters
    ----------
    frames : sequence of str
        All frames of the study.
    rows : sequence of rows
        `summary/frames.csv` of the classifier that is shown first.
    wanted : sequence of str or None

    Raises
    ------
    EchoShiftError
        If a wanted frame is none of the study.
    """
    if wanted is not None:
        wanted = [name.strip() for name in wanted if name.strip()]
        if not wanted:
            raise EchoShiftError("--frames: found no frame, expected some: ID,ID,...")
        if unknown := [name for name in wanted if name not in frames]:
            raise EchoShiftError(f"--frames: found {', '.join(unknown)}, expected frames of the study: {_some(frames)}")
        return Chosen(tuple(name for name in frames if name in set(wanted)), len(frames), "those asked for")
    if len(frames) <= MOST:
        return Chosen(tuple(frames), len(frames), "all frames")
    nearest, closest = dict.fromkeys(frames, inf), dict.fromkeys(frames, inf)
    for row in rows:
        name = row["frame_id"]
        if row["nearest_linf"]:
            nearest[name] = min(nearest[name], float(row["nearest_linf"]))
        closest[name] = min(closest[name], _final_margin(row))
    flipped = sorted((name for name in frames if nearest[name] < inf), key=nearest.get)
    others = sorted((name for name in frames if nearest[name] == inf), key=closest.get)
    n_others = max(min(NOT_FLIPPED, len(others)), MOST - len(flipped))
    shown = {*flipped[: MOST - n_others], *others[:n_others]}
    why = f"the {MOST} that tell most: with the nearest flips, and those that came closest to one"
    return Chosen(tuple(name for name in frames if name in shown), len(frames), why)


def _final_margin(row: Mapping[str, str]) -> float:
    """Margin of the label at the end of an attack; infinite if there was none."""
    final = {name.removeprefix("final_"): value for name, value in row.items() if name.startswith("final_")}
    if not any(final.get(name) for name in ("logit", "score_0")):
        return inf
    label = row["label"] or row["initial_answer"]
    return float(margin(np.array(scores_of_cells(final)), int(label)))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
