"""Confirmation of every flip from the RF frame with a second predictor, independent of the cache and the engine."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.attacks.trajectory import RECORD
from echoshift.classifiers.answers import answer, checked_scores, logits
from echoshift.classifiers.predictors import Predicts
from echoshift.errors import EchoShiftError
from echoshift.formats import open_frame
from echoshift.formats.digests import frame_digests
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.storage.files import sha256_of_file
from echoshift.storage.tables import read_rows
from echoshift.summary.attack_places import Attacked, Run
from echoshift.summary.attack_results import read_record, refuse

SOURCE_COLUMNS = ("frame_id", "path", "reference_level", "rows", "columns", "pixel_size")


@dataclass(frozen=True)
class RFSource:
    """Location of a frame's echo data, and how to reconstruct it.

    Attributes
    ----------
    path : Path
    reference_level : float or None
        In decibels; None for the level in the file.
    shape, pixel : (int, int) or None, float or None
        Rows and columns of the image, or else its pixel size in metres.
    """

    path: Path
    reference_level: float | None
    shape: tuple[int, int] | None
    pixel: float | None

    def plan(self) -> ReconstructionPlan:
        """Read the echo data and prepare it for rendering."""
        frame = open_frame(self.path).with_reference_level(self.reference_level)
        return ReconstructionPlan(frame, self.shape, pixel=self.pixel)


def read_sources(path: str | Path) -> dict[str, RFSource]:
    """Read the table of RF frames. Rows and columns are empty if a pixel size is given; the level may be empty."""
    sources = {}
    for number, row in enumerate(read_rows(path, SOURCE_COLUMNS), start=2):
        numbers = {name: row[name] for name in SOURCE_COLUMNS[2:]}
        try:
            level, pixel = (
                float(numbers[name]) if numbers[name] else None for name in ("reference_level", "pixel_size")
            )
            shape = None if pixel else (int(numbers["rows"]), int(numbers["columns"]))
        except ValueError:
            found = ", ".join(f"{name} {text!r}" for name, text in numbers.items())
            raise EchoShiftError(
                f"{path} row {number}: found {found}, expected numbers: rows and columns, or a pixel size"
            ) from None
        sources[row["frame_id"]] = RFSource(Path(row["path"]), level, shape, pixel)
    return sources


def find_flips(attacked: Mapping[Run, Attacked]) -> list[dict[str, Any]]:
    """Records of the attacks that flipped their frame, each with its folder, its digest and the frame's current fold."""
    pairs = ((read_record(one.folder, *run), one) for run, one in attacked.items())
    return [
        {**record, "folder": one.folder, "fold": one.fold, "record_digest": sha256_of_file(one.folder / RECORD)}
        for record, one in pairs
        if record["outcome"] == "flipped"
    ]


def confirm(
    flips: Iterable[Mapping[str, Any]], sources: Mapping[str, RFSource], predictor_of_fold: Callable[[str], Predicts]
) -> Iterator[dict[str, Any]]:
    """Check both ends of every flip with a second predictor, one flip after the other.

    Parameters
    ----------
    flips : iterable of records
        From `find_flips`.
    sources : mapping
        Echo data by frame.
    predictor_of_fold : callable
        Makes the predictor of a fold; called once per fold that has flips.

    Yields
    ------
    dict
        A flip with the logits of both predictors (of more than two classes: the scores), and the digests of the attack's
        record and the RF frame.

    Raises
    ------
    EchoShiftError
        If the second predictor has a different model than the one attacked, or if it does not classify the initial
        image correctly and the final one incorrectly.
    """
    in_order = sorted(flips, key=lambda record: (record["fold"], record["frame_id"], record["attack"]))
    for fold, of_fold in groupby(in_order, key=lambda record: record["fold"]):
        predictor = predictor_of_fold(fold)
        for frame, of_frame in groupby(of_fold, key=lambda record: record["frame_id"]):
            if frame not in sources:
                raise EchoShiftError(f"--frames: frame {frame} not found, expected every frame that flipped")
            plan, digests = sources[frame].plan(), frame_digests(sources[frame].path)
            for record in of_frame:
                _check_model(record, predictor)
                images = plan.render_many([record["initial_settings"], record["final_settings"]])
                confirmed = _confirmed(record, checked_scores(predictor.scores(images), len(images)))
                yield {**confirmed, "inputs": {"record": record["record_digest"], **digests}}


def _where(record: Mapping[str, Any]) -> str:
    return f"classifier {record['classifier']}, attack {record['attack']}, frame {record['frame_id']}"


def _check_model(record: Mapping[str, Any], predictor: Predicts) -> None:
    if predictor.digest != record["inputs"]["model"]:
        found = f"{_where(record)}: model digest: found {record['inputs']['model'][:12]}"
        expected = f"{predictor.digest[:12]} as in the trained model of fold {record['fold']}"
        refuse(record["folder"], found, expected)


def _confirmed(record: Mapping[str, Any], scores: np.ndarray) -> dict[str, Any]:
    """The flip with the second predictor's scores of both ends, (end, class). Refused if that gives other answers."""
    label, target = record["label"], record["search"].get("target")
    initial, final = map(int, answer(scores))
    attacked = np.array([record["initial_scores"], record["final_scores"]])
    if attacked.shape[1] == 2:
        kind, plural, found, expected = "logit", "logits", logits(scores)[:, 0], logits(attacked)[:, 0]
    else:
        kind, plural, found, expected = "scores", "scores", scores, attacked
    if initial != label or (final == label if target is None else final != target):
        aim = f"label {label}" if target is None else f"label {label}, target {target}"
        raise EchoShiftError(
            f"{_where(record)}: the flip is not confirmed ({aim}): "
            f"found {plural} {_words(found[0])} (initial) and {_words(found[1])} (final) by the second predictor, "
            f"expected the same answers as the attacked one's {_words(expected[0])} and {_words(expected[1])}"
        )
    return {
        **{key: record[key] for key in ("attack", "frame_id", "fold", "label")},
        **{f"{end}_{kind}": expected[i].tolist() for i, end in enumerate(("initial", "final"))},
        **{f"{end}_{kind}_confirmed": found[i].tolist() for i, end in enumerate(("initial", "final"))},
        "largest_logit_difference": float(np.abs(logits(scores) - logits(attacked)).max()),
    }


def _words(values: np.ndarray) -> str:
    return ", ".join(f"{value:.6g}" for value in np.atleast_1d(values))


def by_attack(confirmed: Sequence[Mapping[str, Any]], attacks: Iterable[str], engine: str) -> dict[str, dict[str, Any]]:
    """What the summary tells about the flips confirmed by an engine, by attack.

    `largest_logit_difference` is that between the two predictors; None without flips.
    """
    counts = {}
    for attack in attacks:
        differences = [flip["largest_logit_difference"] for flip in confirmed if flip["attack"] == attack]
        counts[attack] = {
            "n_confirmed": len(differences),
            "largest_logit_difference": max(differences, default=None),
            "confirmed_by": engine,
        }
    return counts
