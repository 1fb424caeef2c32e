"""Finding the attacks' records, and refusing those that do not belong to the present configuration."""

import shlex
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from echoshift.attacks.settings import Search
from echoshift.attacks.trajectory import RECORD, TRAJECTORY
from echoshift.classifiers.answers import logits
from echoshift.errors import EchoShiftError
from echoshift.jobs.frame_job import FrameJob
from echoshift.storage.files import read_json
from echoshift.summary.selection import Judged
from echoshift.validation import checked

SAME_LOGIT = 1e-3
"""Logits of one image by one model agree to this on any machine."""
BATCHES = "batches"
"""Folder with a file for each finished batch, beside the frames' results."""


def read_record(folder: Path, classifier: str, attack: str, frame: str) -> dict[str, Any]:
    """Read the record of one attack from its folder, in which its store must lie too."""
    for name in (RECORD, TRAJECTORY):
        if not (folder / name).exists():
            refuse(folder, f"{folder / name}: not found for frame {frame}", "a finished attack")
    record = read_json(folder / RECORD)
    found = tuple(record.get(key) for key in ("classifier", "attack", "frame_id"))
    if found != (classifier, attack, frame):
        record_of = f"{folder / RECORD}: found the record of {'/'.join(map(str, found))}"
        refuse(folder, record_of, f"that of {classifier}/{attack}/{frame}")
    return record


def read_trajectory(folder: Path, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Read arrays of the store in an attack's folder; a chunk that is not there reads as fill values."""
    return read_arrays(folder, TRAJECTORY, names, "a finished trajectory")


def unit_of_pixels(folder: Path) -> str:
    """Unit of the axes of the pictures in an attack's folder: `m` or `pixel`."""
    import zarr

    with refused_if_unreadable(folder, TRAJECTORY, "a finished trajectory"):
        return zarr.open_consolidated(folder / TRAJECTORY, mode="r")["z"].attrs["units"]


def read_arrays(folder: Path, store: str, names: Iterable[str], expected: str) -> dict[str, np.ndarray]:
    """Read arrays of a store in the result folder of a frame. It is refused if it cannot be read."""
    import zarr

    with refused_if_unreadable(folder, store, expected):
        group = zarr.open_consolidated(folder / store, mode="r")
        return {name: group[name][:] for name in names}


@contextmanager
def refused_if_unreadable(folder: Path, store: str, expected: str) -> Iterator[None]:
    """Refuse a result folder whose store cannot be read in the block."""
    try:
        yield
    except (OSError, KeyError, ValueError, RuntimeError) as error:  # RuntimeError: a damaged zstd chunk
        reason = (" ".join(str(error).split()) or type(error).__name__)[:200]
        refuse(folder, f"{folder / store}: not readable for frame {folder.name} ({reason})", expected)


def read_current_record(job: FrameJob) -> dict[str, Any]:
    """Read the record of a frame, which must be that of the present configuration, model and reconstruction."""
    folder = Path(job.folder)
    for name in (RECORD, *job.stores):
        if not (folder / name).exists():
            refuse(folder, f"{folder / name}: not found for frame {job.frame}", "a finished result")
    record = read_json(folder / RECORD)
    for field, expected in job.expected(record).items():
        if (found := record.get(field)) != expected:
            found, expected = (textwrap.shorten(str(value), 80, placeholder="...") for value in (found, expected))
            where = f"{folder / RECORD}: frame {job.frame}: {field}: found {found}"
            refuse(folder, where, f"{expected} as in the present study")
    return record


def check_record(
    record: Mapping[str, Any], folder: Path, expected: Search, engine: str, judged: Judged, inputs: Mapping[str, str]
) -> None:
    """Refuse a record of another configuration, engine, label, fold, model or image than the present ones.

    Edited by hand, or copied from elsewhere, it may be one that the workflow believes to be current.
    `inputs` are digests of the reconstruction and the model with which the frame was judged, and of the record of the
    attack that this one starts from.
    """
    where = f"{folder / RECORD}: frame {judged.frame_id}"
    if "initial_scores" not in record:
        refuse(folder, f"{where}: initial_scores: found nothing", "scores, as this version writes them")
    found = checked(Search, record["search"], f"{where}: search")
    if difference := _first_difference(found.model_dump(), expected.model_dump(), "search"):
        field, old, new = difference
        refuse(folder, f"{where}: {field}: found {old}", f"{new} as in the present configuration")
    if (then := record["predictor"]["engine"]) != engine:
        refuse(folder, f"{where}: predictor.engine: found {then}", f"{engine} as in the present configuration")
    label, source = judged.label, "sheet"
    if label is None:  # its own first answer: that of another machine may differ where the logit is about 0
        label, source = record["initial_answer"], "answer"
    for field, now in (("label_source", source), ("label", label), ("fold", judged.fold)):
        if (then := record.get(field)) != now:
            refuse(folder, f"{where}: {field}: found {then}", f"{now} as in predictions.csv")
    for role, now in inputs.items():
        if (then := record["inputs"].get(role)) != now:
            expected_digest = f"{now[:12]}: the {role} has changed"
            refuse(folder, f"{where}: inputs.{role}: found digest {str(then)[:12]}", expected_digest)
    then, now = logits(record["initial_scores"]), logits(judged.scores)
    if then.shape != now.shape or np.abs(then - now).max() > SAME_LOGIT:
        field, found, expected = "initial_scores", record["initial_scores"], judged.scores
        if len(now) == 1:
            field, found, expected = "initial_logit", then, now
        found, expected = (", ".join(f"{value:.6g}" for value in values) for values in (found, expected))
        expected = f"{expected} as in predictions.csv: the model or the image has changed"
        refuse(folder, f"{where}: {field}: found {found}", expected)


def find_orphans(results: Path, expected: set[Path]) -> list[Path]:
    """Folders of attacks that the study no longer asks for, sorted."""
    found = (results / "attacks").glob("[!.]*/[!.]*/[!.]*")  # hidden ones are somebody's drafts
    return sorted({folder for folder in found if folder.is_dir() and folder.name != BATCHES} - expected)


def refuse(folder: Path, found: str, expected: str) -> NoReturn:
    """Raise an error that says where and what was found, and how to repair a result folder that cannot be used."""
    raise EchoShiftError(f"{found}, expected {expected}; {repair(folder)}") from None


def repair(folder: Path) -> str:
    """The command to type if a result folder cannot be used.

    It also removes the files of the batches that name the frame, so that Snakemake runs the attack again.
    """
    batches = [path for path in sorted((folder.parent / BATCHES).glob("*.json")) if _names(path, folder.name)]
    return f"repair: rm -r {shlex.join(map(str, [folder, *batches]))} and run again"


def _names(batch: Path, frame: str) -> bool:
    try:
        return frame in read_json(batch)["frames"]
    except (EchoShiftError, KeyError, TypeError):
        return True  # a damaged file


def _first_difference(found: Any, expected: Any, path: str) -> tuple[str, Any, Any] | None:
    """The first field in which two searches differ, with both values."""
    if isinstance(found, dict) and isinstance(expected, dict):
        pairs = [(f"{path}.{key}", found.get(key), expected.get(key)) for key in (*found, *expected)]
    elif isinstance(found, list | tuple) and isinstance(expected, list | tuple) and len(found) == len(expected):
        pairs = [(f"{path}.{i}", one, other) for i, (one, other) in enumerate(zip(found, expected, strict=True))]
    else:
        return None if found == expected else (path, found, expected)
    return next((difference for name, one, other in pairs if (difference := _first_difference(one, other, name))), None)
