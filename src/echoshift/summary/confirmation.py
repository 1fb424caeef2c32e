"""Confirmation of every flip from the recording with a second predictor, independent of the cache and the engine."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.attacks.trajectory import RECORD
from echoshift.bmode import BModeFrame
from echoshift.classifiers.answers import answer, checked_scores, logits
from echoshift.classifiers.predictors import Predicts, for_frame
from echoshift.errors import EchoShiftError
from echoshift.formats.digests import frame_digests
from echoshift.formats.made_with import MadeWith
from echoshift.formats.recording import open_recording
from echoshift.reconstruction.plans import Plan, plan_of
from echoshift.reconstruction.similarity import resemblance
from echoshift.storage.files import read_json, sha256_of_file
from echoshift.storage.tables import read_rows
from echoshift.summary.attack_places import Attacked, Run
from echoshift.summary.attack_results import read_record, refuse
from echoshift.validation import checked

SOURCE_COLUMNS = ("frame_id", "path", "reference_level", "rows", "columns", "pixel_size", "made_with")


@dataclass(frozen=True)
class Source:
    """Location of a frame's recording, and how to reconstruct it.

    Attributes
    ----------
    path : Path
    made_with : MadeWith or None
        What grey levels were made with; None for echo data.
    reference_level : float or None
        In decibels; None for the level in the file.
    shape, pixel : (int, int) or None, float or None
        Rows and columns of the image, or else its pixel size in metres.
    """

    path: Path
    made_with: MadeWith | None
    reference_level: float | None
    shape: tuple[int, int] | None
    pixel: float | None

    def plan(self) -> Plan:
        """Read the recording and prepare it for rendering."""
        level = None if self.made_with else self.reference_level  # the cohort's is of echo data
        frame = open_recording(self.path, None, level, self.made_with).frame
        if isinstance(frame, BModeFrame):
            return plan_of(frame)
        return plan_of(frame, self.shape, pixel=self.pixel)

    def digests(self) -> dict[str, str]:
        """SHA-256 of the recording's files."""
        return frame_digests(self.path, mask=self.made_with.mask if self.made_with else None)


def read_sources(path: str | Path) -> dict[str, Source]:
    """Read the table of frames. Rows and columns are empty if a pixel size is given; the level may be empty.

    `made_with` is JSON for a picture, and empty for echo data.
    """
    sources = {}
    for number, row in enumerate(read_rows(path, SOURCE_COLUMNS), start=2):
        numbers = {name: row[name] for name in SOURCE_COLUMNS[2:-1]}
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
        made_with = checked(MadeWith, row["made_with"], f"{path} row {number}") if row["made_with"] else None
        sources[row["frame_id"]] = Source(Path(row["path"]), made_with, level, shape, pixel)
    return sources


def find_flips(attacked: Mapping[Run, Attacked]) -> list[dict[str, Any]]:
    """Records of the attacks that found a flip, probes included.

    Each has its folder, its digest, the frame's current fold, and whether it is one of an attack on request, which may
    be older than the model.
    """
    pairs = ((read_record(one.folder, *run), one) for run, one in attacked.items())
    return [
        {
            **record,
            "folder": one.folder,
            "fold": one.fold,
            "on_request": one.on_request,
            "record_digest": sha256_of_file(one.folder / RECORD),
        }
        for record, one in pairs
        if record["nearest"]
    ]


def confirm(
    flips: Iterable[Mapping[str, Any]], sources: Mapping[str, Source], predictor_of_fold: Callable[[str], Predicts]
) -> Iterator[dict[str, Any]]:
    """Check the first and the nearest flip of every attack with a second predictor, one attack after the other.

    Parameters
    ----------
    flips : iterable of records
        From `find_flips`.
    sources : mapping
        Recordings by frame.
    predictor_of_fold : callable
        Makes the predictor of a fold; called once per fold that has flips.

    Yields
    ------
    dict
        See `_confirmed`; and the digests of the attack's record and the RF frame. Attacks on request of another model
        are left out.

    Raises
    ------
    EchoShiftError
        If the second predictor has a different model than the one attacked.
    """
    in_order = sorted(flips, key=lambda record: (record["fold"], record["frame_id"], record["attack"]))
    for fold, of_fold in groupby(in_order, key=lambda record: record["fold"]):
        predictor = predictor_of_fold(fold)
        for frame, of_frame in groupby(of_fold, key=lambda record: record["frame_id"]):
            if frame not in sources:
                raise EchoShiftError(f"--frames: frame {frame} not found, expected every frame that flipped")
            plan, digests = sources[frame].plan(), sources[frame].digests()
            for record in of_frame:
                if _is_of_model(record, predictor):
                    yield {
                        **_confirmed(record, plan, predictor),
                        "inputs": {"record": record["record_digest"], **digests},
                    }


def _is_of_model(record: Mapping[str, Any], predictor: Predicts) -> bool:
    if predictor.digest == record["inputs"]["model"]:
        return True
    if record["on_request"]:
        return False
    found = f"classifier {record['classifier']}, attack {record['attack']}, frame {record['frame_id']}: model digest"
    expected = f"{predictor.digest[:12]} as in the trained model of fold {record['fold']}"
    refuse(record["folder"], f"{found}: found {record['inputs']['model'][:12]}", expected)


def _confirmed(record: Mapping[str, Any], plan: Plan, predictor: Predicts) -> dict[str, Any]:
    """Judge the flips of one attack with the second predictor.

    Returns
    -------
    dict
        `initial`, `final` (None if the attack did not end in a flip) and `nearest`, each with the logit of both
        predictors (of more than two classes: the scores). A flip has `confirmed`: whether the second predictor
        classifies the initial image correctly and this one incorrectly. Its `picture` is compared with the initial one.
    """
    label, target = record["label"], record["search"].get("target")
    flips = {"nearest": (record["nearest"]["settings"], record["nearest"]["scores"])}
    if record["outcome"] == "flipped":
        flips["final"] = (record["final_settings"], record["final_scores"])
    settings = [record["initial_settings"], *(settings for settings, _ in flips.values())]
    images, unknown = plan.render_many(settings), plan.unknown(settings)
    found = checked_scores(for_frame(predictor, plan).scores(images), len(images))
    attacked = np.array([record["initial_scores"], *(scores for _, scores in flips.values())])
    said = answer(found)
    ends = {"initial": _both(attacked[0], found[0]), "final": None}
    for i, end in enumerate(flips, start=1):
        is_wrong = said[i] != label if target is None else said[i] == target
        ends[end] = {
            **_both(attacked[i], found[i]),
            "confirmed": bool(said[0] == label and is_wrong),
            "picture": resemblance(images[0], images[i], plan.sector).to_json() | {"unknown": float(unknown[i])},
        }
    return {
        **{key: record[key] for key in ("attack", "frame_id", "fold", "label")},
        **ends,
        "largest_logit_difference": float(np.abs(logits(found) - logits(attacked)).max()),
    }


def _both(attacked: np.ndarray, found: np.ndarray) -> dict[str, Any]:
    """What both predictors say about one image: the logit of two classes, else the scores (class,)."""
    kind, of = ("logit", lambda scores: float(logits(scores)[0])) if len(found) == 2 else ("scores", np.ndarray.tolist)
    return {kind: of(attacked), f"{kind}_confirmed": of(found)}


@dataclass(frozen=True)
class Confirmations:
    """What `echoshift confirm` wrote about one classifier.

    Attributes
    ----------
    engine : str
        The second predictor's.
    flips : dict
        By attack and frame.
    """

    engine: str
    flips: Mapping[tuple[str, str], Mapping[str, Any]]

    def of(self, attack: str, frame: str, record: Mapping[str, Any], path: Path) -> Mapping[str, Any] | None:
        """The confirmation of an attack's flips; None if it found none. Refused if it is of another record."""
        if not record["nearest"]:
            return None
        flip = self.flips.get((attack, frame))
        if flip is None or flip["inputs"]["record"] != sha256_of_file(path):
            found = "nothing" if flip is None else f"a confirmation of record {flip['inputs']['record'][:12]}"
            raise EchoShiftError(
                f"--confirmed: {path}: found {found}, expected a confirmation of this record: confirm again"
            )
        return flip


def read_confirmations(paths: Iterable[Path]) -> dict[str, Confirmations]:
    """Read the files of `echoshift confirm`, by classifier."""
    return {
        content["classifier"]: Confirmations(
            content["engine"], {(flip["attack"], flip["frame_id"]): flip for flip in content["flips"]}
        )
        for content in map(read_json, paths)
    }
