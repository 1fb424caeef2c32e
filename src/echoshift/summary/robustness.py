"""Whether anything known flips a frame: the wrong answers of all jobs of a study inside one box."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.accidental import ledger as draws_ledger
from echoshift.accidental.settings import Draws
from echoshift.attacks.distance import largest_move, moves, root_mean_square
from echoshift.attacks.settings import Search
from echoshift.jobs.frame_job import RECORD
from echoshift.sensitivity import ledger as sensitivity_ledger
from echoshift.sensitivity.settings import Design
from echoshift.settings import DECIMALS, SETTINGS
from echoshift.statistics.intervals import wilson_interval
from echoshift.statistics.success_rate import Row
from echoshift.storage.files import read_json
from echoshift.storage.tables import read_rows
from echoshift.summary.accidental_results import COLUMNS as ACCIDENTAL_COLUMNS
from echoshift.summary.attack_results import read_arrays, read_trajectory

SWEPT_COLUMNS = ("classifier", "frame", "folder")
SAME = 0.5 * 10**-DECIMALS
"""Values of a setting that differ by less are the same."""


@dataclass(frozen=True)
class WrongAnswers:
    """The wrong answers that one job got for one frame.

    Attributes
    ----------
    source : str
        Name of the attack; of accidental changes `accidental:` and the name of the spread;
        `sensitivity`.
    settings : ndarray, (query, setting)
        Values of all settings of the study.
    ssim : float
        Each picture is at least this similar to the initial one; 0 if nobody looked.
    unknown : ndarray, (query,)
        Share of each picture's sector that is not determined.
    """

    source: str
    settings: np.ndarray
    unknown: np.ndarray
    ssim: float = 0.0


@dataclass(frozen=True)
class KnownFlips:
    """What is known about one frame in one box.

    Attributes
    ----------
    found_by : tuple of str
        Sources with a wrong answer inside the box: see `WrongAnswers`.
    linf, l2 : float or None
        Largest move and root mean square of the moves to the nearest flip; None if no flip is known.
    attack : str or None
        The attack that found it.
    settings : dict
        Its settings.
    """

    found_by: tuple[str, ...] = ()
    linf: float | None = None
    l2: float | None = None
    attack: str | None = None
    settings: Mapping[str, float] | None = None


def wrong_answers(
    folder: Path,
    record: Mapping[str, Any],
    flip: Mapping[str, Any] | None,
    search: Search,
    names: Sequence[str],
) -> list[WrongAnswers]:
    """Read the wrong answers of one attack on one frame, with the study's settings in the order of `names`.

    If the second predictor denied the first or the nearest flip, the others are in doubt too: only a confirmed one counts.
    """
    if not record["n_wrong"]:
        return []
    if flip and not all(flip[end]["confirmed"] for end in ("final", "nearest") if flip[end]):
        ends = {"final": record["final_settings"], "nearest": record["nearest"]["settings"]}
        confirmed = [ends[end] for end in ends if flip[end] and flip[end]["confirmed"]]
        points = np.array([[point[axis.name] for axis in search.axes] for point in confirmed])
        unknown = np.array([flip[end]["picture"]["unknown"] for end in ends if flip[end] and flip[end]["confirmed"]])
        wrong = aimed_at = np.ones(len(points), dtype=bool)
    else:
        arrays = read_trajectory(folder, ("query_settings", "query_wrong", "query_flipped", "query_unknown"))
        points, wrong, aimed_at, unknown = arrays.values()
    found = [WrongAnswers(record["attack"], _complete(search, points[wrong], names), unknown[wrong])]
    if search.accept and search.accept.ssim:  # the similarity of a wrong answer that is not aimed at is unknown
        accepted = _complete(search, points[aimed_at], names)
        found.append(WrongAnswers(record["attack"], accepted, unknown[aimed_at], search.accept.ssim))
    return found


Found = dict[tuple[str, str], list[WrongAnswers]]
"""By classifier and frame."""


def drawn_wrong_answers(results: Path, table: Path, names: Sequence[str]) -> Found:
    """Read the wrong answers among accidental changes, listed in their `frames.csv`."""
    found: Found = {}
    for row in read_rows(table, ACCIDENTAL_COLUMNS):
        if row["changed"] != "0":
            folder = results / row["folder"]
            draws = Draws.model_validate(read_json(folder / RECORD)["draws"])
            own = _wrong_in_store(folder, draws_ledger.STORE, draws, f"accidental:{row['spread']}", names)
            found.setdefault((row["classifier"], row["frame_id"]), []).extend(own)
    return found


def swept_wrong_answers(
    table: Path, names: Sequence[str], present: Mapping[tuple[str, str], Mapping[str, Any]]
) -> Found:
    """Read the wrong answers among the queries of the sensitivity analysis, listed in a table of what was found.

    Results of another model, reconstruction or label are left out: `present` has the present ones, `inputs` (digests) and
    `label`, by classifier and frame.
    """
    found: Found = {}
    for row in read_rows(table, SWEPT_COLUMNS):
        folder, run = Path(row["folder"]), (row["classifier"], row["frame"])
        record = read_json(folder / RECORD)
        now = present.get(run)
        label = record["label"] if record["label_source"] == "sheet" else None
        if now and record["inputs"] == now["inputs"] and label == now["label"]:
            design = Design.model_validate(record["design"])
            found[run] = _wrong_in_store(folder, sensitivity_ledger.STORE, design, "sensitivity", names)
    return found


def _wrong_in_store(
    folder: Path, store: str, box: Draws | Design, source: str, names: Sequence[str]
) -> list[WrongAnswers]:
    """Wrong answers of one frame. If a setting is moved that no attack has, they are in no box."""
    if not {axis.name for axis in box.axes} <= set(names):
        return []
    names_of_arrays = ("query_settings", "query_wrong", "query_unknown")
    points, wrong, unknown = read_arrays(folder, store, names_of_arrays, "a finished result").values()
    return [WrongAnswers(source, _complete(box, points[wrong], names), unknown[wrong])]


def _complete(box: Search | Draws | Design, points: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Points (query, axis) with the values of the settings that are not moved: (query, setting)."""
    still = {name: SETTINGS[name].initial for name in names} | box.fixed
    points = points.reshape(-1, len(box.axes))
    complete = np.tile([still[name] for name in names], (len(points), 1))
    complete[:, [names.index(axis.name) for axis in box.axes]] = points
    return complete


def known_flips(search: Search, found: Iterable[WrongAnswers], names: Sequence[str]) -> KnownFlips:
    """The nearest of all wrong answers inside the box of a search. Of equally near ones, that with the smaller l2."""
    own = [names.index(axis.name) for axis in search.axes]
    low, high = (
        _complete(search, np.array([getattr(axis, end) for axis in search.axes])[None], names)[0]
        for end in ("low", "high")
    )
    least_similar = (search.accept and search.accept.ssim) or 0.0
    most_unknown = 1.0 if search.accept is None or search.accept.unknown is None else search.accept.unknown
    found_by, best = [], KnownFlips()
    for one in found:
        inside = ((one.settings >= low - SAME) & (one.settings <= high + SAME)).all(axis=1)
        inside &= one.unknown <= most_unknown
        if one.ssim < least_similar or not inside.any():
            continue
        found_by.append(one.source)
        points = one.settings[inside]
        shares = moves(search.axes, points[:, own])
        linf, l2 = largest_move(shares), root_mean_square(shares)
        at = np.lexsort((l2, linf))[0]
        if best.linf is None or (linf[at], l2[at]) < (best.linf, best.l2):
            values = {axis.name: float(points[at, i]) for axis, i in zip(search.axes, own, strict=True)}
            best = KnownFlips((), float(linf[at]), float(l2[at]), one.source, values)
    return KnownFlips(tuple(dict.fromkeys(found_by)), best.linf, best.l2, best.attack, best.settings)


def robust_frames(rows: Sequence[Row], flipped: Iterable[str]) -> list[bool]:
    """Whether each frame is classified correctly at the start and not among those with a known flip (ids)."""
    flipped = set(flipped)
    return [row["initial_answer"] == row["label"] and row["frame_id"] not in flipped for row in rows]


def robust_accuracy(robust: Sequence[bool]) -> dict[str, Any]:
    """Share of the labelled frames that are classified correctly at the start and that nothing known flips.

    An upper bound: a better search may find more.

    Returns
    -------
    dict
        `n_frames`, `n_robust`, `robust_accuracy` and its Wilson interval `robust_low`, `robust_high`; without frames the
        last three are None.
    """
    n, n_robust = len(robust), sum(robust)
    low, high = wilson_interval(n_robust, n) or (None, None)
    return {
        "n_frames": n,
        "n_robust": n_robust,
        "robust_accuracy": n_robust / n if n else None,
        "robust_low": low,
        "robust_high": high,
    }
