"""The queries of a finished attack, for a search of the same frame that starts from them."""

import json
from pathlib import Path

import numpy as np

from echoshift.attacks.axes import Axis
from echoshift.attacks.objective import Query
from echoshift.attacks.settings import Search
from echoshift.attacks.trajectory import RECORD, TRAJECTORY
from echoshift.classifiers.answers import answer
from echoshift.errors import EchoShiftError
from echoshift.settings import DECIMALS, SETTINGS


def read_prior(folder: str | Path, search: Search) -> list[Query]:
    """Read the queries of an attack that lie in the box of a search.

    Parameters
    ----------
    folder : path
        Result folder of the attack, on the same frame and model.
    search : Search
        The search that starts from them. It may move fewer or more settings than the attack did.

    Returns
    -------
    list of Query
        In the order of asking, along the axes of `search`.
    """
    import zarr

    folder = Path(folder)
    names = ("query_settings", "query_scores", "query_loss", "query_wrong", "query_flipped")
    try:
        other = Search.model_validate(json.loads((folder / RECORD).read_text(encoding="utf-8"))["search"])
        group = zarr.open_consolidated(folder / TRAJECTORY, mode="r")
        points, scores, losses, wrong, flipped = (group[name][:] for name in names)
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        reason = (" ".join(str(error).split()) or type(error).__name__)[:200]
        raise EchoShiftError(f"{folder}: not readable ({reason}), expected the finished attack to start from") from None
    found = []
    for point, own, loss, *flags in zip(points.tolist(), scores, losses.tolist(), wrong, flipped, strict=True):
        settings = dict(other.fixed) | {axis.name: value for axis, value in zip(other.axes, point, strict=True)}
        if _is_inside(settings, search):
            along = tuple(_value(settings, axis.name) for axis in search.axes)
            found.append(
                Query(along, int(answer(own)), tuple(own.tolist()), loss, "sample", 0, *(bool(flag) for flag in flags))
            )
    return found


def _is_inside(settings: dict[str, float], search: Search) -> bool:
    axes = {axis.name: axis for axis in search.axes}
    return all(
        _allows(axes.get(name), search, name, _value(settings, name)) for name in {*settings, *axes, *search.fixed}
    )


def _allows(axis: Axis | None, search: Search, name: str, value: float) -> bool:
    if axis:
        return axis.low <= value <= axis.high
    return np.isclose(value, _value(search.fixed, name), rtol=0, atol=0.5 * 10**-DECIMALS)


def _value(settings: dict[str, float], name: str) -> float:
    """A setting that is not named is neutral."""
    return settings.get(name, SETTINGS[name].initial)
