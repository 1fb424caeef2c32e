"""The knobs of one frame: every setting that can move on it, from where to where."""

from collections.abc import Iterable, Mapping
from typing import Any

from echoshift.attacks.axes import Axis, Moves, axes_of
from echoshift.attacks.settings import Search
from echoshift.bmode import BModeFrame, GreyLinesFrame
from echoshift.frame import EnvelopeFrame
from echoshift.reconstruction.bmode_plan import cannot_move
from echoshift.reconstruction.cache import Stored
from echoshift.settings import BEFORE_DETECTION, SETTINGS

WHY = {
    BEFORE_DETECTION: "needs RF: it acts before detection",
    "beta": "needs the picture's centre frequency and pixel size",
}
"""Why a setting may not be movable."""


def knobs_of(initial: Mapping[str, float], searches: Iterable[Search], frame: Stored) -> dict[str, Axis]:
    """An axis for each setting that can move, in the order of `SETTINGS`.

    Its bounds are those of the study, the widest of all searches; of a setting that no search moves, the default ones.
    """
    fixed, is_grey = cannot_move_on(frame), not isinstance(frame, EnvelopeFrame)
    usual = {name: Moves() for name in SETTINGS if name not in fixed}
    knobs = {axis.name: axis for axis in axes_of(usual, initial, {}, {}, from_picture=is_grey)}
    of_study: dict[str, Axis] = {}
    for axis in (axis for search in searches for axis in search.axes):
        other = of_study.get(axis.name, axis)
        ends = {"low": min(axis.low, other.low), "high": max(axis.high, other.high)}
        of_study[axis.name] = axis.model_copy(update=ends)
    return knobs | of_study


def cannot_move_on(frame: Stored) -> dict[str, str]:
    """Settings that cannot be moved on a frame, with the reason."""
    fixed = cannot_move(frame) if isinstance(frame, BModeFrame) else {}
    if isinstance(frame, GreyLinesFrame):
        fixed = {BEFORE_DETECTION: ""}
    return {name: WHY[name] for name in fixed}


def as_json(axis: Axis) -> dict[str, Any]:
    """A knob as JSON values."""
    return {"initial": axis.initial, "low": axis.low, "high": axis.high, "step": axis.step, "kind": axis.kind}
